// Returns one row, an entity with its facts, or none: id, name, entityType, aliases, mentions; sameAs LIST OF STRING;
// factCount INTEGER; facts LIST of {id, text, observedAt, invalidAt}, the last observed first. $memoryId, $id STRING;
// $limit INTEGER.
CYPHER 25
MATCH (entity:Entity {memoryId: $memoryId, id: $id})
RETURN entity.id AS id, entity.name AS name, entity.entityType AS entityType,
       coalesce(entity.aliases, []) AS aliases,
       COLLECT {
         MATCH (entity)-[:SAME_AS]-{1,4}(same:Entity)
         WHERE same <> entity
         RETURN DISTINCT same.name AS name ORDER BY name
       } AS sameAs,
       COUNT { (entity)<-[:MENTIONS]-(:Fact) } AS factCount,
       COLLECT {
         MATCH (entity)<-[:MENTIONS]-(fact:Fact)
         WITH DISTINCT fact
         RETURN {id: fact.id, text: fact.text, observedAt: fact.observedAt, invalidAt: fact.invalidAt}
         ORDER BY fact.observedAt DESC, fact.id DESC
         LIMIT $limit
       } AS facts
