// Returns what a LEAF insight is made of: a row an entity with at least $minimum facts: id, key, name, entityType, version (of its
// insight so far), facts LIST of {id, text, confidence, observedAt, evidenceCount}, the newest $limit.
// $memoryId STRING; $keys LIST OF STRING; $minimum, $limit INTEGER.
CYPHER 25
UNWIND $keys AS key
MATCH (named:Entity {memoryId: $memoryId, key: key})
// Of one entity under several names, the one that the others were merged into stands for all.
CALL (named) {
  MATCH (named)-[:SAME_AS]->{0,4}(entity:Entity)
  WHERE NOT (entity)-[:SAME_AS]->()
  RETURN entity
  ORDER BY entity.key
  LIMIT 1
}
WITH DISTINCT entity
CALL (entity) {
  MATCH (entity)<-[:SAME_AS]-{0,4}(name:Entity)<-[mention:MENTIONS]-(fact:Fact)
  WHERE fact.invalidAt IS NULL
  WITH DISTINCT fact, mention.role AS role
  ORDER BY role = 'subject' DESC
  WITH fact, collect(role)[0] AS role
  ORDER BY role = 'subject' DESC, fact.observedAt DESC, fact.id
  LIMIT $limit
  RETURN collect({
    id: fact.id, text: fact.text, confidence: fact.confidence, observedAt: fact.observedAt,
    evidenceCount: fact.evidenceCount, role: role
  }) AS facts
}
WITH entity, facts
WHERE size(facts) >= $minimum
RETURN collect({
  id: entity.id, key: entity.key, name: entity.name, entityType: entity.entityType, facts: facts
}) AS rows
