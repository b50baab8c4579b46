// Conflicts: facts that contradict each other, both of which hold
MATCH (later:Fact {memoryId: $memory})-[edge:CONFLICTS_WITH]->(earlier:Fact)
RETURN later.text AS one, earlier.text AS other, edge.createdAt AS found, edge.resolution AS resolution
ORDER BY found DESC
LIMIT 50
