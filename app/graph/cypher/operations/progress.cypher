// Adds to an operation's progress. $memoryId, $operationId STRING; $done, $unquoted, $unsure, $injected, $malformed
// INTEGER (dropped facts, by reason).
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.progressDone = operation.progressDone + $done,
    operation.droppedUnquoted = coalesce(operation.droppedUnquoted, 0) + $unquoted,
    operation.droppedUnsure = coalesce(operation.droppedUnsure, 0) + $unsure,
    operation.droppedInjected = coalesce(operation.droppedInjected, 0) + $injected,
    operation.droppedMalformed = coalesce(operation.droppedMalformed, 0) + $malformed
RETURN operation.progressDone AS done
