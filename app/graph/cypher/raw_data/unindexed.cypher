// Returns those of these raw data that have no search text yet: id, role, userName, title, text. $memoryId STRING; $ids
// LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
WHERE raw.searchText IS NULL
RETURN collect({id: raw.id, role: raw.role, userName: raw.userName, title: raw.title, text: raw.text}) AS rows
