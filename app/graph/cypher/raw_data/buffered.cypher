// Returns a memory's buffered messages in order: id, role, tokens, occurredAt, sequence, idleMillis (since it was
// stored, by the database's clock). $memoryId STRING; $below INTEGER (only sequences below it).
CYPHER 25
MATCH (raw:RawData {memoryId: $memoryId, state: 'buffered'})
WHERE raw.sequence < $below
WITH raw.id AS id, raw.role AS role, raw.tokens AS tokens, raw.occurredAt AS occurredAt, raw.sequence AS sequence,
     duration.between(raw.createdAt, datetime()).milliseconds AS idleMillis
ORDER BY raw.sequence
RETURN collect({
  id: id, role: role, tokens: tokens, occurredAt: occurredAt, sequence: sequence, idleMillis:
  idleMillis
}) AS rows
