// Returns a memory's unfinished operations in their order, those to be cancelled first: id, kind, status, attempts, failures,
// cancelRequested, number, sequence (raw data below it came before the operation), runAfter, stored (ids of its raw data), sealed (ids it
// was decided to extract, or null).
// $memoryId STRING, $limit INTEGER.
CYPHER 25
MATCH (operation:Operation {memoryId: $memoryId})
WHERE operation.status IN ['accepted', 'running']
WITH operation
ORDER BY coalesce(operation.cancelRequested, false) DESC, operation.number
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
  number: operation.number, sequence: operation.sequence, runAfter: operation.runAfter, stored:
  stored, sealed: operation.sealed
}) AS rows
