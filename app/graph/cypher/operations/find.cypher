// Returns one row, an operation of that memory, or none. $memoryId, $operationId STRING.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
//> fragments/operation_columns
