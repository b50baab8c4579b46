// Returns one row, an operation that was stored under this key and still stands for it, or none: operationId,
// requestHash. $memoryId, $idempotencyKey STRING; $keptHours INTEGER.
CYPHER 25
MATCH (operation:Operation {memoryId: $memoryId, idempotencyKey: $idempotencyKey})
WHERE operation.createdAt > datetime() - duration({hours: $keptHours})
RETURN operation.id AS operationId, operation.requestHash AS requestHash
