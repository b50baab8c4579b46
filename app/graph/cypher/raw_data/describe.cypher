// Stores a message's text with the descriptions of its pictures, indexes it and removes the pictures. $memoryId, $id,
// $text, $searchText STRING; $tokens INTEGER; $characterPairs (see lucene.py), $describer STRING or null; $embedding LIST OF
// FLOAT or null.
CYPHER 25
MATCH (raw:RawData {memoryId: $memoryId, id: $id})
SET raw.text = $text,
    raw.searchText = $searchText,
    raw.characterPairs = $characterPairs,
    raw.tokens = $tokens,
    raw.describer = $describer
REMOVE raw.pendingImages
WITH raw
WHERE $embedding IS NOT NULL
CALL db.create.setNodeVectorProperty(raw, 'embedding', $embedding)
RETURN count(*) AS number
