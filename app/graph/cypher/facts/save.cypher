// Stores facts; if the content hash exists, keeps the higher confidence and extends the times and metadata terms.
// Returns one row per fact: id, created BOOLEAN. $memoryId, $memoryToken STRING; $rows LIST of {id, otherId INTEGER,
// contentHash STRING, properties MAP, observedAt DATETIME, confidence FLOAT, metadataTerms LIST OF STRING, embedding
// LIST OF FLOAT or null; createdAt and firstObservedAt DATETIME, externalId and importId STRING, each null unless
// imported}.
CYPHER 25
UNWIND $rows AS row
// An edited fact keeps its id, so the id derived from this text may be in use for another text.
WITH row, EXISTS { MATCH (other:Fact {memoryId: $memoryId, id: row.id})
    WHERE other.contentHash <> row.contentHash } AS taken
MERGE (fact:Fact {memoryId: $memoryId, contentHash: row.contentHash})
  ON CREATE SET fact += row.properties,
                fact.id = CASE WHEN taken THEN row.otherId ELSE row.id END,
                fact.memoryToken = $memoryToken,
                fact.confidence = row.confidence,
                fact.observedAt = row.observedAt,
                fact.firstObservedAt = coalesce(row.firstObservedAt, row.observedAt),
                fact.metadataTerms = row.metadataTerms,
                fact.createdAt = coalesce(row.createdAt, datetime()),
                fact.externalId = row.externalId,
                fact.importId = row.importId,
                fact.fresh = true
  ON MATCH SET fact.confidence = CASE WHEN row.confidence > fact.confidence THEN row.confidence ELSE fact.confidence
      END,
               fact.observedAt = CASE WHEN row.observedAt > fact.observedAt THEN row.observedAt ELSE fact.observedAt
                   END,
               fact.firstObservedAt = CASE
                 WHEN coalesce(row.firstObservedAt, row.observedAt) < fact.firstObservedAt
                 THEN coalesce(row.firstObservedAt, row.observedAt) ELSE fact.firstObservedAt END,
               fact.metadataTerms = fact.metadataTerms + [term IN row.metadataTerms
                   WHERE NOT term IN fact.metadataTerms],
               fact.mergedIds = CASE
                 WHEN row.externalId IS NULL OR row.externalId = fact.externalId
                     OR row.externalId IN coalesce(fact.mergedIds, [])
                 THEN fact.mergedIds ELSE coalesce(fact.mergedIds, []) + row.externalId END
WITH fact, row, coalesce(fact.fresh, false) AS created
SET fact.fresh = null
CALL (fact, row) {
  UNWIND [vector IN [row.embedding] WHERE vector IS NOT NULL] AS vector
  CALL db.create.setNodeVectorProperty(fact, 'embedding', vector)
}
RETURN fact.id AS id, created
