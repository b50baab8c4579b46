// Records that a key was used now. $id STRING.
CYPHER 25
MATCH (key:ApiKey {id: $id})
SET key.lastUsedAt = datetime()
RETURN key.id AS id
