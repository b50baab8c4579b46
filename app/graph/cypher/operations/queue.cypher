// Returns a memory's unfinished operations in their order, each with the ids of its raw data that wait for extraction:
// the columns of an operation and waiting LIST. $memoryId STRING, $limit INTEGER.
CYPHER 25
MATCH (operation:Operation {memoryId: $memoryId})
WHERE operation.status IN ['accepted', 'running']
WITH operation
ORDER BY operation.number
LIMIT $limit
CALL (operation) {
  OPTIONAL MATCH (operation)-[stored:STORED]->(raw:RawData {memoryId: $memoryId})
  WITH raw, stored
  ORDER BY stored.position
  RETURN collect(raw.id) AS stored, [raw IN collect(raw) WHERE raw.state = 'stored' | raw.id] AS waiting
}
RETURN operation.id AS id, operation.kind AS kind, operation.status AS status, operation.attempts AS attempts,
       operation.number AS number, operation.runAfter AS runAfter, operation.progressTotal AS progressTotal,
       stored, waiting
