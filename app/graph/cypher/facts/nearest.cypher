// Returns the facts nearest to a vector, best first: id, text, score (cosine, [-1, 1]), entityIds (null but for the first
// $seeds). $memoryId STRING; $vector LIST OF FLOAT; $limit, $seeds INTEGER; $withText BOOLEAN (reading the text takes longer
// than the search).
CYPHER 25
MATCH (fact:Fact)
SEARCH fact IN (
  VECTOR INDEX fact_embedding
  FOR $vector
  WHERE fact.memoryId = $memoryId
  LIMIT $limit
) SCORE AS similarity
WHERE fact.invalidAt IS NULL
WITH fact, 2 * similarity - 1 AS score
ORDER BY score DESC, fact.id
WITH collect({fact: fact, score: score}) AS found
//> fragments/seeded_hits
