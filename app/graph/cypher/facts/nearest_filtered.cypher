// Like facts/nearest, but exact, over all facts that pass $filter. $memoryId STRING; $vector LIST OF FLOAT; $filter MAP
// (see fragments/fact_filter); $limit, $seeds INTEGER; $withText BOOLEAN (reading the text takes longer than the search).
CYPHER 25
MATCH (fact:Fact {memoryId: $memoryId})
WHERE fact.observedAt IS NOT NULL AND fact.embedding IS NOT NULL AND
      //> fragments/fact_filter
WITH fact, 2 * vector.similarity.cosine(fact.embedding, $vector) - 1 AS score
ORDER BY score DESC, fact.id
LIMIT $limit
WITH collect({fact: fact, score: score}) AS found
//> fragments/seeded_hits
