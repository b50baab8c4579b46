// Returns the key with this hash as one row, or none: key. $hash STRING.
CYPHER 25
MATCH (key:ApiKey {hash: $hash})
RETURN key {.*, hash: null} AS key
