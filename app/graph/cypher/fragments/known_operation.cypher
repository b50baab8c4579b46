// `known`: the operation with this id (a retried commit) or with this idempotency key (a repeated request), else null.
// $memoryId, $operationId STRING; $idempotencyKey STRING or null; $keptHours INTEGER.
OPTIONAL MATCH (sameId:Operation {id: $operationId})
OPTIONAL MATCH (sameKey:Operation {memoryId: $memoryId, idempotencyKey: $idempotencyKey})
WHERE sameKey.createdAt > datetime() - duration({hours: $keptHours})
WITH memory, coalesce(sameId, sameKey) AS known
