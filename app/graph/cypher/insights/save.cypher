// Stores insights of one tier with their sources. $memoryId STRING; $rows LIST of {id INTEGER; tier, name, text, theme,
// composer STRING; entityKey STRING or null (a LEAF's); seenFacts INTEGER (facts behind it when it was composed);
// points LIST of {point INTEGER, factId INTEGER or null, insightId INTEGER or null}; embedding LIST OF FLOAT or null}.
CYPHER 25
UNWIND $rows AS row
MERGE (insight:Insight {memoryId: $memoryId, id: row.id})
  ON CREATE SET insight.createdAt = datetime(),
                insight.version = 0
SET insight.tier = row.tier,
    insight.name = row.name,
    insight.text = row.text,
    insight.theme = row.theme,
    insight.entityKey = row.entityKey,
    insight.composer = row.composer,
    insight.seenFacts = row.seenFacts,
    insight.version = insight.version + 1,
    insight.updatedAt = datetime()
WITH insight, row
CALL (insight, row) {
  UNWIND [vector IN [row.embedding] WHERE vector IS NOT NULL] AS vector
  CALL db.create.setNodeVectorProperty(insight, 'embedding', vector)
}
CALL (insight) {
  MATCH (insight)-[derived:DERIVED_FROM]->()
  DELETE derived
}
CALL (insight, row) {
  UNWIND row.points AS point
  CALL (point) {
    MATCH (source:Fact {memoryId: $memoryId, id: point.factId})
    RETURN source
    UNION
    MATCH (source:Insight {memoryId: $memoryId, id: point.insightId})
    RETURN source
  }
  CREATE (insight)-[:DERIVED_FROM {point: point.point}]->(source)
}
RETURN insight.id AS id
