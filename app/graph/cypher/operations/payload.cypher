// Returns what an operation was given to do, as one row: payloadJson STRING; or none. $memoryId, $operationId STRING.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
RETURN operation.payloadJson AS payloadJson
