// Puts an operation back, to be tried again later. $memoryId, $operationId, $reason, $failureClass STRING; $attempts,
// $failures (for another reason than the network), $millis INTEGER.
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
