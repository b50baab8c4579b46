// Which circles of people, places and things are there, and what are they about?
// Groups of entities that facts mention together more often than with others (Louvain), the largest first, with the
// entities that most facts mention and the most frequent predicates.
// Measure: communities.
// Plot: bars entities size.
// Parameters: $memory, $since.
MATCH (one:Entity {memoryId: $memory})<-[:MENTIONS]-(fact:Fact)-[:MENTIONS]->(other:Entity)
WHERE fact.observedAt >= $since AND one.key < other.key
RETURN one.name AS entity, other.name AS other, count(DISTINCT fact) AS facts,
       collect(DISTINCT replace(fact.predicate, '_', ' '))[..5] AS predicates
