// Returns what a retrieval says of raw data: id, type, caption, text, role, userName, title, sourceClient, metadataJson, occurredAt,
// endedAt, createdAt. $memoryId STRING; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
RETURN raw.id AS id, raw.type AS type, raw.caption AS caption, raw.text AS text, raw.role AS role, raw.userName AS userName,
       raw.title AS title, raw.sourceClient AS sourceClient, raw.metadataJson AS metadataJson, raw.occurredAt AS occurredAt,
       raw.endedAt AS endedAt, raw.createdAt AS createdAt
