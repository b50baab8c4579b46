// Revokes a key; one that is revoked keeps its time. Returns its id, or no row if there is none. $id STRING.
CYPHER 25
MATCH (key:ApiKey {id: $id})
SET key.revokedAt = coalesce(key.revokedAt, datetime())
RETURN key.id AS id
