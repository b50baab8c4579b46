// Hubs: the entities that most facts mention
MATCH (entity:Entity {memoryId: $memory})<-[:MENTIONS]-(fact:Fact)
RETURN entity.name AS entity, entity.entityType AS type, count(fact) AS facts,
       sum(CASE WHEN fact.invalidAt IS NULL THEN 1 ELSE 0 END) AS hold
ORDER BY facts DESC
LIMIT 20
