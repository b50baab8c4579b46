// Returns every key, newest first: key.
CYPHER 25
MATCH (key:ApiKey)
RETURN key {.*, hash: null} AS key
ORDER BY key.createdAt DESC, key.id
