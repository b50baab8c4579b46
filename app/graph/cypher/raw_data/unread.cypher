// Returns raw data that are not extracted yet: id, characters (of the text). $memoryId STRING; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
WHERE raw.state IN ['stored', 'buffered']
RETURN collect({id: id, characters: coalesce(size(raw.text), 0)}) AS rows
