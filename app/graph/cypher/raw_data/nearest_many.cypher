// Returns the raw data nearest to any of several vectors: a list of ids a vector, in their order. $memoryId STRING;
// $vectors LIST OF LIST OF FLOAT; $limit INTEGER (a vector).
CYPHER 25
UNWIND range(0, size($vectors) - 1) AS position
WITH position, $vectors[position] AS wanted
CALL (wanted) {
  MATCH (raw:RawData)
  SEARCH raw IN (
    VECTOR INDEX raw_data_embedding
    FOR wanted
    WHERE raw.memoryId = $memoryId
    LIMIT $limit
  ) SCORE AS similarity
  RETURN collect(raw.id) AS ids
}
WITH position, ids
ORDER BY position
RETURN collect(ids) AS rows
