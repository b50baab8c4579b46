// Stores facts; one that is known gains evidence and certainty instead. Returns a row a fact: id, created BOOLEAN.
// $memoryId, $memoryToken STRING; $rows LIST of {id INTEGER, contentHash STRING, properties MAP, observedAt DATETIME,
// confidence FLOAT, metadataTerms LIST OF STRING, embedding LIST OF FLOAT}.
CYPHER 25
UNWIND $rows AS row
MERGE (fact:Fact {memoryId: $memoryId, contentHash: row.contentHash})
  ON CREATE SET fact += row.properties,
                fact.id = row.id,
                fact.memoryToken = $memoryToken,
                fact.confidence = row.confidence,
                fact.observedAt = row.observedAt,
                fact.metadataTerms = row.metadataTerms,
                fact.createdAt = datetime(),
                fact.fresh = true
  ON MATCH SET fact.confidence = CASE WHEN row.confidence > fact.confidence THEN row.confidence ELSE fact.confidence END,
               fact.observedAt = CASE WHEN row.observedAt > fact.observedAt THEN row.observedAt ELSE fact.observedAt END,
               fact.metadataTerms = fact.metadataTerms + [term IN row.metadataTerms WHERE NOT term IN fact.metadataTerms]
WITH fact, row, coalesce(fact.fresh, false) AS created
SET fact.fresh = null
CALL db.create.setNodeVectorProperty(fact, 'embedding', row.embedding)
RETURN fact.id AS id, created
