// Returns an operation's payload as one row, or none: payloadJson STRING. $memoryId, $operationId STRING.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
RETURN operation.payloadJson AS payloadJson
