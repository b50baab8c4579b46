// Adds to an operation's progress. $memoryId, $operationId STRING; $done INTEGER.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.progressDone = operation.progressDone + $done
RETURN operation.progressDone AS done
