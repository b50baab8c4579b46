// Stores insights of a bundle, with their bundle ids as externalId. $memoryId, $operationId STRING; $rows LIST of {id
// INTEGER; externalId, tier, name, text STRING; entityKey STRING or null; version INTEGER; createdAt DATETIME or null;
// embedding LIST OF FLOAT or null}.
CYPHER 25
UNWIND $rows AS row
MERGE (insight:Insight {memoryId: $memoryId, id: row.id})
  ON CREATE SET insight.importId = $operationId,
                insight.createdAt = coalesce(row.createdAt, datetime()),
                insight.externalId = row.externalId
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
