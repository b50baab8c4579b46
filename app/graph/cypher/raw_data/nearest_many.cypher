// Returns, for each vector in order, a list of the ids of the nearest raw data. $memoryId STRING; $vectors LIST OF LIST
// OF FLOAT; $limit INTEGER (per vector).
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
