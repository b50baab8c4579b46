// As facts/nearest, among the facts that pass $filter: exact, over all of them.
// $memoryId STRING; $vector LIST OF FLOAT; $filter MAP (see fragments/fact_filter); $limit INTEGER.
CYPHER 25
MATCH (fact:Fact {memoryId: $memoryId})
WHERE
      //> fragments/fact_filter
WITH fact, 2 * vector.similarity.cosine(fact.embedding, $vector) - 1 AS score
RETURN fact.id AS id, fact.text AS text, score
ORDER BY score DESC, id
LIMIT $limit
