// Stores a key. $id, $hash (SHA-256 of the key, in hex), $name, $right STRING; $users, $agents LIST<STRING>; $expiresAt
// DATETIME or null. Returns one row: key.
CYPHER 25
CREATE (key:ApiKey {
  id: $id,
  hash: $hash,
  name: $name,
  right: $right,
  users: $users,
  agents: $agents,
  createdAt: datetime(),
  expiresAt: $expiresAt
})
RETURN key {.*, hash: null} AS key
