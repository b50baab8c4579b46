// Returns the insights nearest to a vector: id, text, tier, name, score (cosine, [-1, 1]). $memoryId STRING; $vector
// LIST OF FLOAT; $limit INTEGER.
CYPHER 25
MATCH (insight:Insight)
SEARCH insight IN (
  VECTOR INDEX insight_embedding
  FOR $vector
  WHERE insight.memoryId = $memoryId
  LIMIT $limit
) SCORE AS similarity
WITH insight.id AS id, insight.text AS text, insight.tier AS tier, insight.name AS name, 2 * similarity - 1 AS score
ORDER BY score DESC, id
RETURN collect({id: id, text: text, tier: tier, name: name, score: score}) AS rows
