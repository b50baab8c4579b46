// Returns those of these raw data that a memory holds: id, text, occurredAt. $memoryId STRING; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
RETURN collect({id: raw.id, text: raw.text, occurredAt: raw.occurredAt}) AS rows
