// Removes an agent and its sessions; the memory stays. Returns one row: deleted INTEGER. $memoryId STRING.
CYPHER 25
MATCH (agent:Agent {memoryId: $memoryId})
CALL (agent) {
  MATCH (session:Session {memoryId: $memoryId})
  WHERE session.id IS NOT NULL
  DETACH DELETE session
  RETURN count(*) AS sessions
}
DETACH DELETE agent
RETURN count(*) AS deleted
