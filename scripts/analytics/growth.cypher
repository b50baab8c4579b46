// How does the memory grow?
// Messages, facts and new entities of each week (Monday, UTC). A week without messages is left out.
// Plot: lines week messages facts entities.
// Parameters: $memory, $since.
CALL () {
  MATCH (n:RawData {memoryId: $memory})
  WHERE n.createdAt >= $since
  RETURN date.truncate('week', n.createdAt) AS week, 1 AS messages, 0 AS facts, 0 AS entities
  UNION ALL
  MATCH (n:Fact {memoryId: $memory})
  WHERE n.createdAt >= $since
  RETURN date.truncate('week', n.createdAt) AS week, 0 AS messages, 1 AS facts, 0 AS entities
  UNION ALL
  MATCH (n:Entity {memoryId: $memory})
  WHERE n.createdAt >= $since
  RETURN date.truncate('week', n.createdAt) AS week, 0 AS messages, 0 AS facts, 1 AS entities
}
RETURN week, sum(messages) AS messages, sum(facts) AS facts, sum(entities) AS entities
ORDER BY week
