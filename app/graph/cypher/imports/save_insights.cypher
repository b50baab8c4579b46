// Stores insights of a bundle under the ids they came with. $memoryId, $operationId STRING; $rows LIST of {id, tier, name, text STRING;
// entityKey STRING or null; version INTEGER; createdAt DATETIME or null; embedding LIST OF FLOAT or null; points LIST of {point,
// factId INTEGER or null, insightId STRING or null}}.
CYPHER 25
UNWIND $rows AS row
MERGE (insight:Insight {memoryId: $memoryId, id: row.id})
  ON CREATE SET insight.importId = $operationId,
                insight.createdAt = coalesce(row.createdAt, datetime())
SET insight.tier = row.tier,
    insight.name = row.name,
    insight.text = row.text,
    insight.entityKey = row.entityKey,
    insight.version = row.version,
    insight.updatedAt = datetime()
WITH insight, row
CALL (insight, row) {
  UNWIND [vector IN [row.embedding] WHERE vector IS NOT NULL] AS vector
  CALL db.create.setNodeVectorProperty(insight, 'embedding', vector)
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
  MERGE (insight)-[derived:DERIVED_FROM {point: point.point}]->(source)
}
RETURN insight.id AS id
