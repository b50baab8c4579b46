// Marks an operation as running, counts the attempt and stores which raw data it extracts, so that a retry extracts the
// same. $memoryId, $operationId STRING; $sealed LIST OF STRING, ids of raw data.
CYPHER 25
//> fragments/start_operation
SET operation.sealed = $sealed,
    operation.progressTotal = size($sealed)
RETURN operation.attempts AS attempts
