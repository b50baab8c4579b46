// Returns the entities nearest to a vector: id, name, score (cosine, [-1, 1]). $memoryId STRING; $vector LIST OF FLOAT; $limit INTEGER.
CYPHER 25
MATCH (entity:Entity)
SEARCH entity IN (
  VECTOR INDEX entity_embedding
  FOR $vector
  WHERE entity.memoryId = $memoryId
  LIMIT $limit
) SCORE AS similarity
WITH entity.id AS id, entity.name AS name, 2 * similarity - 1 AS score
ORDER BY score DESC, id
RETURN collect({id: id, name: name, score: score}) AS rows
