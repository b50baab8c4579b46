// Returns what is embedded of raw data that have no vector yet: id, searchText. $memoryId STRING; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
WHERE raw.embedding IS NULL
RETURN collect({id: raw.id, searchText: raw.searchText}) AS rows
