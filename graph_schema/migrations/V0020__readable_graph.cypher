// What Neo4j Browser shows without settings: `name`, the first words of facts and raw data; labels by type of entity;
// and (subject)-[:RELATED]->(object) for each fact that names both.
CREATE INDEX related_fact IF NOT EXISTS
FOR ()-[r:RELATED]-() ON (r.memoryId, r.factId);

MATCH (n:Fact|RawData)
WHERE n.name IS NULL AND n.text IS NOT NULL
CALL (n) {
  SET n.name = CASE WHEN n:RawData AND n.title IS NOT NULL THEN n.title WHEN size(n.text) > 60 THEN left(n.text, 59) + '…' ELSE n.text END
} IN TRANSACTIONS OF 1000 ROWS;

MATCH (entity:Entity)
WHERE entity.entityType IN ['PERSON', 'ORGANIZATION', 'PLACE', 'OBJECT', 'IDENTIFIER', 'CONCEPT']
CALL (entity) {
  SET entity:$(left(entity.entityType, 1) + toLower(substring(entity.entityType, 1)))
} IN TRANSACTIONS OF 1000 ROWS;

MATCH (fact:Fact)
WHERE fact.predicate IS NOT NULL
CALL (fact) {
  MATCH (subject:Entity)<-[:MENTIONS {role: 'subject'}]-(fact)-[:MENTIONS {role: 'object'}]->(object:Entity)
  MERGE (subject)-[related:RELATED {memoryId: fact.memoryId, factId: fact.id}]->(object)
  SET related.predicate = replace(fact.predicate, '_', ' '),
      related.validAt = fact.validAt,
      related.invalidAt = fact.invalidAt
} IN TRANSACTIONS OF 1000 ROWS;
