// Returns the operation stored under this key in the last $keptHours as one row, or none: operationId, requestHash.
// $memoryId, $idempotencyKey STRING; $keptHours INTEGER.
CYPHER 25
MATCH (operation:Operation {memoryId: $memoryId, idempotencyKey: $idempotencyKey})
WHERE operation.createdAt > datetime() - duration({hours: $keptHours})
RETURN operation.id AS operationId, operation.requestHash AS requestHash
