// Returns what a LEAF insight is made of: a row an entity with at least $minimum facts: id, key, name, entityType, version (of its
// insight so far), facts LIST of {id, text, confidence, observedAt, evidenceCount}, the newest $limit.
// $memoryId STRING; $keys LIST OF STRING; $minimum, $limit INTEGER.
CYPHER 25
UNWIND $keys AS key
MATCH (entity:Entity {memoryId: $memoryId, key: key})
WHERE COUNT { (entity)<-[:MENTIONS]-() } >= $minimum
CALL (entity) {
  MATCH (entity)<-[mention:MENTIONS]-(fact:Fact)
  WHERE fact.invalidAt IS NULL
  WITH fact, mention
  ORDER BY mention.role = 'subject' DESC, fact.observedAt DESC, fact.id
  LIMIT $limit
  RETURN collect({
    id: fact.id, text: fact.text, confidence: fact.confidence, observedAt: fact.observedAt,
    evidenceCount: fact.evidenceCount, role: mention.role
  }) AS facts
}
RETURN collect({
  id: entity.id, key: entity.key, name: entity.name, entityType: entity.entityType, facts: facts
}) AS rows
