// Returns the facts nearest to a vector: id, text, score (cosine, [-1, 1]). $memoryId STRING; $vector LIST OF FLOAT; $limit INTEGER.
CYPHER 25
MATCH (fact:Fact)
SEARCH fact IN (
  VECTOR INDEX fact_embedding
  FOR $vector
  WHERE fact.memoryId = $memoryId
  LIMIT $limit
) SCORE AS similarity
WHERE fact.invalidAt IS NULL
RETURN fact.id AS id, fact.text AS text, 2 * similarity - 1 AS score
ORDER BY score DESC, id
