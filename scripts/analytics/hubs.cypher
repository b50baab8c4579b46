// What is the memory mostly about?
// The entities that most facts mention, with the number of facts that hold now and of entities they are connected with.
// Plot: bars entity facts hold.
// Parameters: $memory, $since.
MATCH (entity:Entity {memoryId: $memory})<-[:MENTIONS]-(fact:Fact)
WHERE fact.observedAt >= $since
WITH entity, count(fact) AS facts, sum(CASE WHEN fact.invalidAt IS NULL THEN 1 ELSE 0 END) AS hold
ORDER BY facts DESC, entity.name
LIMIT 25
RETURN entity.name AS entity, entity.entityType AS type, facts, hold,
       COUNT { MATCH (entity)-[:RELATED]-(other) RETURN DISTINCT other } AS related
ORDER BY facts DESC, entity
