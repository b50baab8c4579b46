// Queues the failed raw data of one operation, or of all operations in the memory, again. Returns one row per
// operation: operationId. Excludes imports: their chunks are deleted on failure, so they must be sent again. $memoryId
// STRING; $operationId STRING or null; $limit INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
SET memory.writtenAt = datetime()
WITH memory
MATCH (operation:Operation {memoryId: $memoryId})
WHERE operation.status IN ['succeeded', 'failed'] AND operation.number IS NOT NULL
      AND operation.kind IN ['extract', 'add-message', 'commit'] AND ($operationId IS NULL OR operation.id = $operationId)
WITH memory, operation
ORDER BY operation.number
CALL (operation) {
  UNWIND coalesce(operation.sealed, []) AS id
  MATCH (raw:RawData {memoryId: $memoryId, id: id, state: 'failed'})
  RETURN raw, id AS key
  UNION
  MATCH (operation)-[:STORED]->(raw:RawData {memoryId: $memoryId, state: 'failed'})
  RETURN raw, raw.id AS key
}
WITH memory, operation, raw
ORDER BY operation.number, raw.sequence
WITH memory, operation, collect(raw) AS failed
LIMIT $limit
FOREACH (raw IN failed | SET raw.state = 'stored', raw.failure = null, raw.failureClass = null)
SET operation.status = 'accepted',
    operation.failures = 0,
    operation.sealed = [raw IN failed | raw.id],
    operation.progressDone = 0,
    operation.progressTotal = size(failed),
    operation.waiting = size(failed),
    operation.runAfter = null,
    operation.finishedAt = null,
    operation.resultJson = null,
    operation.countsJson = null,
    operation.errorReason = null,
    operation.errorClass = null
WITH memory, collect(operation.id) AS ids, sum(size(failed)) AS waiting
SET memory.releasedAt = datetime(),
    memory.runAt = datetime(),
    memory.waiting = coalesce(memory.waiting, 0) + waiting
WITH ids
UNWIND ids AS operationId
RETURN operationId
