// Returns pairs of entities with a cosine of at least $threshold: key (one of $rows), similarKey, score. $memoryId
// STRING; $rows LIST of {key STRING, embedding LIST OF FLOAT}; $limit INTEGER (per row); $threshold FLOAT.
CYPHER 25
UNWIND $rows AS row
CALL (row) {
  MATCH (entity:Entity)
  SEARCH entity IN (
    VECTOR INDEX entity_embedding
    FOR row.embedding
    WHERE entity.memoryId = $memoryId
    LIMIT $limit
  ) SCORE AS similarity
  RETURN entity.key AS similarKey, 2 * similarity - 1 AS score
}
WITH row, similarKey, score
WHERE score >= $threshold AND similarKey <> row.key
RETURN collect({key: row.key, similarKey: similarKey, score: score}) AS rows
