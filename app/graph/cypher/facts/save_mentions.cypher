// Links facts to the entities they mention. $memoryId STRING; $rows LIST of {contentHash, key, role STRING; confidence
// FLOAT}.
CYPHER 25
UNWIND $rows AS row
MATCH (fact:Fact {memoryId: $memoryId, contentHash: row.contentHash})
MATCH (entity:Entity {memoryId: $memoryId, key: row.key})
MERGE (fact)-[mention:MENTIONS]->(entity)
  ON CREATE SET mention.role = row.role,
                mention.confidence = row.confidence
// Create all edges before counting: a count at an entity's first row would miss the later ones.
WITH collect(DISTINCT entity) AS entities
UNWIND entities AS entity
SET entity.mentionCount = COUNT { (entity)<-[:MENTIONS]-() }
RETURN count(*) AS number
