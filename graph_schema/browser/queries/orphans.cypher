// Orphans: messages that no fact was read from, and facts that mention nothing
CALL () {
  MATCH (raw:RawData {memoryId: $memory})
  WHERE NOT EXISTS { (raw)<-[:EXTRACTED_FROM]-() }
  RETURN 'message without a fact' AS kind, raw.text AS text, raw.occurredAt AS at
  UNION ALL
  MATCH (fact:Fact {memoryId: $memory})
  WHERE NOT EXISTS { (fact)-[:MENTIONS]->() }
  RETURN 'fact without an entity' AS kind, fact.text AS text, fact.observedAt AS at
}
RETURN kind, text, at
ORDER BY kind, at DESC
LIMIT 50
