// Adds raw data to the full-text and vector indexes. $memoryId, $memoryToken STRING; $rows LIST of {id, searchText
// STRING; characterPairs STRING or null (see lucene.py); embedding LIST OF FLOAT or null}.
CYPHER 25
UNWIND $rows AS row
MATCH (raw:RawData {memoryId: $memoryId, id: row.id})
SET raw.searchText = row.searchText,
    raw.characterPairs = row.characterPairs,
    raw.memoryToken = $memoryToken
WITH raw, row
WHERE row.embedding IS NOT NULL
CALL db.create.setNodeVectorProperty(raw, 'embedding', row.embedding)
RETURN count(*) AS number
