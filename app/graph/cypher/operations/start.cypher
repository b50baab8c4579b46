// Marks an operation as running, counts the attempt and keeps what it was decided to extract, so that a repetition decides the
// same. $memoryId, $operationId STRING; $sealed LIST OF STRING, ids of raw data.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.attempts = operation.attempts + CASE operation.status WHEN 'accepted' THEN 1 ELSE 0 END,
    operation.status = 'running',
    operation.startedAt = coalesce(operation.startedAt, datetime()),
    operation.sealed = $sealed,
    operation.progressTotal = size($sealed),
    operation.runAfter = null
RETURN operation.attempts AS attempts
