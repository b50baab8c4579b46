// Stores raw data of a bundle under their bundle ids; existing ones stay unchanged. $memoryId, $memoryToken,
// $operationId STRING; $rows LIST of {id, contentId, ownContentId (used if another node has that contentId), searchText
// STRING; characterPairs STRING or null (see lucene.py); sequence INTEGER; createdAt DATETIME or null; properties MAP;
// embedding LIST OF FLOAT or null; previous
// STRING or null (the preceding message)}; $lastMessageId STRING or null (of the last message).
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
// A message that the memory has already is not its last one again.
OPTIONAL MATCH (known:RawData {memoryId: $memoryId, id: $lastMessageId})
SET memory.lastMessageId = CASE WHEN $lastMessageId IS NULL OR known IS NOT NULL THEN memory.lastMessageId
    ELSE $lastMessageId END
WITH memory
UNWIND $rows AS row
OPTIONAL MATCH (same:RawData {memoryId: $memoryId, contentId: row.contentId})
WITH row, CASE WHEN same IS NULL OR same.id = row.id THEN row.contentId ELSE row.ownContentId END AS contentId
MERGE (raw:RawData {memoryId: $memoryId, id: row.id})
  ON CREATE SET raw += row.properties,
                raw.contentId = contentId,
                raw.sequence = row.sequence,
                raw.state = 'extracted',
                raw.operationId = $operationId,
                raw.importId = $operationId,
                raw.memoryToken = $memoryToken,
                raw.searchText = row.searchText,
                raw.characterPairs = row.characterPairs,
                raw.createdAt = coalesce(row.createdAt, datetime())
WITH raw, row
CALL (raw, row) {
  UNWIND [vector IN [row.embedding] WHERE vector IS NOT NULL] AS vector
  CALL db.create.setNodeVectorProperty(raw, 'embedding', vector)
}
CALL (raw, row) {
  MATCH (previous:RawData {memoryId: $memoryId, id: row.previous})
  MERGE (previous)-[:NEXT]->(raw)
}
RETURN count(*) AS number
