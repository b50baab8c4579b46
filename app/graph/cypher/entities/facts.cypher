// Returns the input of LEAF insights, one row per entity with at least $minimum facts: id, key, name, entityType,
// factCount (all valid facts), facts LIST of {id, text, confidence, observedAt, evidenceCount, role, category} (at most
// $limit; facts with the entity as subject first, then the newest). $memoryId STRING; $keys LIST OF STRING; $minimum,
// $limit INTEGER.
CYPHER 25
UNWIND $keys AS key
MATCH (named:Entity {memoryId: $memoryId, key: key})
// If an entity has several names, use the one at the end of the SAME_AS chain.
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
  WITH collect({fact: fact, role: role}) AS known
  RETURN size(known) AS factCount, [one IN known[..$limit] | {
    id: one.fact.id, text: one.fact.text, confidence: one.fact.confidence, observedAt: one.fact.observedAt,
    evidenceCount: one.fact.evidenceCount, role: one.role, category: one.fact.category
  }] AS facts
}
WITH entity, factCount, facts
WHERE factCount >= $minimum
RETURN collect({
  id: entity.id, key: entity.key, name: entity.name, entityType: entity.entityType, facts: facts, factCount: factCount
}) AS rows
