// Returns the facts nearest to a vector: id, text, score (cosine, [-1, 1]). $memoryId STRING; $vector LIST OF FLOAT;
// $limit INTEGER; $withText BOOLEAN (reading the text takes longer than the search).
CYPHER 25
MATCH (fact:Fact)
SEARCH fact IN (
  VECTOR INDEX fact_embedding
  FOR $vector
  WHERE fact.memoryId = $memoryId
  LIMIT $limit
) SCORE AS similarity
WHERE fact.invalidAt IS NULL
WITH fact.id AS id, CASE WHEN $withText THEN fact.text END AS text, 2 * similarity - 1 AS score
ORDER BY score DESC, id
RETURN collect({id: id, text: text, score: score}) AS rows
