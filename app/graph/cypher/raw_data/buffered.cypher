// Returns a memory's buffered messages in their order: id, role, tokens, occurredAt. $memoryId STRING.
CYPHER 25
MATCH (raw:RawData {memoryId: $memoryId, state: 'buffered'})
RETURN raw.id AS id, raw.role AS role, raw.tokens AS tokens, raw.occurredAt AS occurredAt
ORDER BY raw.sequence
