// Stores LEAF insights, each with the facts it stands on. $memoryId STRING; $rows LIST of {id, name, text, entityKey STRING;
// factIds LIST OF INTEGER, embedding LIST OF FLOAT}.
CYPHER 25
UNWIND $rows AS row
MERGE (insight:Insight {memoryId: $memoryId, id: row.id})
  ON CREATE SET insight.createdAt = datetime(),
                insight.version = 0,
                insight.tier = 'LEAF',
                insight.entityKey = row.entityKey
SET insight.name = row.name,
    insight.text = row.text,
    insight.version = insight.version + 1,
    insight.updatedAt = datetime()
WITH insight, row
CALL db.create.setNodeVectorProperty(insight, 'embedding', row.embedding)
CALL (insight) {
  MATCH (insight)-[derived:DERIVED_FROM]->()
  DELETE derived
}
CALL (insight, row) {
  UNWIND range(0, size(row.factIds) - 1) AS point
  MATCH (fact:Fact {memoryId: $memoryId, id: row.factIds[point]})
  CREATE (insight)-[:DERIVED_FROM {point: point}]->(fact)
}
RETURN insight.id AS id
