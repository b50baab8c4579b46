// Edits facts and keeps their previous state as a FactVersion. Repeating it changes nothing. $memoryId, $operationId
// STRING; $rows LIST of {id INTEGER; contentHash, otherHash STRING (used if another fact has contentHash); properties
// MAP; mentions LIST of {key, role STRING; confidence FLOAT} (contentHash and mentions null: unchanged); embedding LIST
// OF FLOAT or null}.
CYPHER 25
UNWIND $rows AS row
MATCH (fact:Fact {memoryId: $memoryId, id: row.id})
WHERE NOT EXISTS { (fact)-[:HAD_VERSION]->(:FactVersion {operationId: $operationId}) }
CREATE (version:FactVersion {
  memoryId: $memoryId, factId: fact.id, operationId: $operationId, text: fact.text, title: fact.title, kind: fact.kind,
  tags: fact.tags, confidence: fact.confidence, source: fact.source, contentHash: fact.contentHash,
  textHash: fact.textHash,
  until: datetime()
})
CREATE (fact)-[:HAD_VERSION]->(version)
WITH fact, row, EXISTS {
  MATCH (other:Fact {memoryId: $memoryId, contentHash: row.contentHash})
  WHERE other.id <> fact.id
} AS taken
SET fact += row.properties,
    fact.contentHash = CASE WHEN row.contentHash IS NULL THEN fact.contentHash WHEN taken THEN row.otherHash
        ELSE row.contentHash END,
    fact.updatedAt = datetime()
WITH fact, row
CALL (fact, row) {
  UNWIND [vector IN [row.embedding] WHERE vector IS NOT NULL] AS vector
  CALL db.create.setNodeVectorProperty(fact, 'embedding', vector)
}
CALL (fact, row) {
  MATCH (fact)-[mention:MENTIONS]->(entity:Entity)
  WHERE row.mentions IS NOT NULL
  DELETE mention
  RETURN collect(entity) AS before
}
CALL (fact, row) {
  UNWIND row.mentions AS mention
  MATCH (entity:Entity {memoryId: $memoryId, key: mention.key})
  MERGE (fact)-[mentions:MENTIONS]->(entity)
    ON CREATE SET mentions.role = mention.role,
                  mentions.confidence = mention.confidence
  RETURN collect(entity) AS after
}
WITH before + after AS touched
UNWIND touched AS entity
WITH DISTINCT entity
SET entity.mentionCount = COUNT { (entity)<-[:MENTIONS]-() }
WITH entity
WHERE entity.mentionCount = 0
DETACH DELETE entity
