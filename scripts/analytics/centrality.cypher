// Which entities hold the memory together?
// PageRank: the share of a random walk over facts that is spent at an entity. Betweenness: the share of shortest paths
// between others that pass it, estimated from 200 entities where there are more. `connected`: entities that facts mention with it.
// Measure: central_entities.
// Plot: bars entity pagerank betweenness.
// Parameters: $memory, $since.
MATCH (one:Entity {memoryId: $memory})<-[:MENTIONS]-(fact:Fact)-[:MENTIONS]->(other:Entity)
WHERE fact.observedAt >= $since AND one.key < other.key
RETURN one.name AS entity, other.name AS other, count(DISTINCT fact) AS facts
