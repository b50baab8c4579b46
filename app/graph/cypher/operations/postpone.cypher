// Puts an operation back in the queue for a later try. $memoryId, $operationId, $reason, $failureClass STRING;
// $attempts, $failures (except network failures), $millis INTEGER.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.status = 'accepted',
    operation.attempts = $attempts,
    operation.failures = $failures,
    operation.postponedAt = datetime(),
    operation.runAfter = datetime() + duration({milliseconds: $millis}),
    operation.errorReason = $reason,
    operation.errorClass = $failureClass
RETURN operation.id AS id
