// Conflicts: facts that contradict each other, both of which hold, and that nobody has resolved
MATCH (later:Fact {memoryId: $memory})-[edge:CONFLICTS_WITH]->(earlier:Fact)
WHERE edge.resolution IS NULL AND later.invalidAt IS NULL AND earlier.invalidAt IS NULL
RETURN later.text AS one, earlier.text AS other, edge.createdAt AS found
ORDER BY found DESC
LIMIT 50
