// Returns the contradictions that were found in [$start, $end), in a fixed order: newer and older (see
// fragments/memory_columns), resolution. $memoryId STRING; $start, $end DATETIME; $kindOf MAP.
CYPHER 25
MATCH (newerFact:Fact {memoryId: $memoryId})-[edge:SUPERSEDES|CONFLICTS_WITH]->(olderFact:Fact)
WHERE newerFact.createdAt IS NOT NULL
WITH newerFact, olderFact, edge, coalesce(edge.createdAt, newerFact.createdAt) AS detectedAt
WHERE detectedAt >= $start AND detectedAt < $end
CALL (newerFact) {
  WITH newerFact AS fact, null AS version
  RETURN
    //> fragments/memory_columns
    AS newer
}
CALL (olderFact) {
  WITH olderFact AS fact, null AS version
  RETURN
    //> fragments/memory_columns
    AS older
}
WITH newer, older, edge, detectedAt
ORDER BY detectedAt, newer.id, older.id
RETURN collect({
  newer: newer, older: older, resolution: edge.resolution
}) AS rows
