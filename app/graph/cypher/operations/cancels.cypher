// Returns one row: cancelRequested BOOLEAN. $memoryId, $operationId STRING.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
RETURN coalesce(operation.cancelRequested, false) AS cancelRequested
