// Which facts contradict each other, and which have not been heard of for long?
// Conflicts that nobody has resolved; then facts with a slot (of which there is one at a time) that hold and were last
// told half a year or more before the memory's last message.
// Parameters: $memory, $since.
CALL () {
  MATCH (later:Fact {memoryId: $memory})-[edge:CONFLICTS_WITH]->(earlier:Fact)
  WHERE edge.resolution IS NULL AND later.invalidAt IS NULL AND earlier.invalidAt IS NULL AND later.observedAt >= $since
  RETURN 'conflict' AS kind, later.observedAt AS told, later.text AS fact, earlier.text AS against
  ORDER BY told DESC
  LIMIT 50
  UNION ALL
  MATCH (raw:RawData {memoryId: $memory})
  WITH max(raw.occurredAt) AS last
  MATCH (fact:Fact {memoryId: $memory})
  WHERE fact.slot IS NOT NULL AND fact.invalidAt IS NULL AND fact.observedAt >= $since
        AND fact.observedAt < last - duration({months: 6})
  RETURN 'stale' AS kind, fact.observedAt AS told, fact.text AS fact, null AS against
  ORDER BY told DESC
  LIMIT 50
}
RETURN kind, told, fact, against
ORDER BY kind, told DESC
