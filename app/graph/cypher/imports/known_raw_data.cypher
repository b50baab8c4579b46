// Returns which of these raw data a memory holds: id, text. $memoryId STRING; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
RETURN collect({id: raw.id, text: raw.text}) AS rows
