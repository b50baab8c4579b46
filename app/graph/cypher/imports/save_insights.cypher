// Stores insights of a bundle under the ids they came with. $memoryId, $operationId STRING; $rows LIST of {id, tier, name, text STRING;
// entityKey STRING or null; version INTEGER; createdAt DATETIME or null; embedding LIST OF FLOAT or null}.
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
RETURN insight.id AS id
