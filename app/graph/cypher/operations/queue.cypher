// Returns a memory's unfinished operations in order, cancelled ones first: id, kind, status, attempts, failures,
// cancelRequested, number, sequence (raw data below it came before the operation), runAfter (null if the pause was set
// in the future: the clock was set back), stored (ids of its raw data), sealed (ids selected for extraction, or null),
// requestId (of the HTTP request, or null). $memoryId STRING, $limit INTEGER.
CYPHER 25
CALL () {
  MATCH (memory:Memory {id: $memoryId})
  UNWIND coalesce(memory.cancels, []) AS id
  MATCH (operation:Operation {id: id})
  WHERE operation.status IN ['accepted', 'running']
  RETURN operation, 0 AS turn
  UNION
  // An index of several properties is used only if each of them has a condition.
  MATCH (operation:Operation {memoryId: $memoryId, status: 'running'})
  WHERE operation.number IS NOT NULL
  WITH operation
  ORDER BY operation.number
  LIMIT $limit
  RETURN operation, 1 AS turn
  UNION
  MATCH (operation:Operation {memoryId: $memoryId, status: 'accepted'})
  WHERE operation.number IS NOT NULL
  WITH operation
  ORDER BY operation.number
  LIMIT $limit
  RETURN operation, 1 AS turn
}
WITH operation, min(turn) AS turn
ORDER BY turn, operation.number
LIMIT $limit
CALL (operation) {
  MATCH (operation)-[stored:STORED]->(raw:RawData {memoryId: $memoryId})
  WITH raw
  ORDER BY stored.position
  RETURN collect(raw.id) AS stored
}
RETURN collect({
  id: operation.id, kind: operation.kind, status: operation.status, attempts: operation.attempts,
  failures: coalesce(operation.failures, 0), cancelRequested: coalesce(operation.cancelRequested, false),
  number: operation.number, sequence: operation.sequence, stored: stored, sealed: operation.sealed,
  requestId: operation.requestId,
  runAfter: CASE WHEN operation.postponedAt > datetime() + duration('PT1M') THEN null ELSE operation.runAfter END
}) AS rows
