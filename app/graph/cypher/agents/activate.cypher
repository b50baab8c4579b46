// Begins a session and ends the one before it. Returns one row (sessionId), or none for no such agent, or where the
// session that was to be renewed is not the agent's any longer. $memoryId, $sessionId STRING; $renewed STRING or null
// (the session that it takes the place of); $startedAt, $expiresAt DATETIME.
CYPHER 25
MATCH (agent:Agent {memoryId: $memoryId})
SET agent.writtenAt = datetime()
WITH agent
WHERE $renewed IS NULL OR agent.sessionId = $renewed
CALL (agent) {
  MATCH (earlier:Session {memoryId: $memoryId, id: agent.sessionId})
  WHERE earlier.status = 'active'
  SET earlier.status = CASE WHEN $renewed IS NULL THEN 'terminated' ELSE 'expired' END,
      earlier.endedAt = $startedAt
  RETURN count(*) AS ended
}
CREATE (session:Session {
  memoryId: $memoryId, id: $sessionId, status: 'active', startedAt: $startedAt, expiresAt: $expiresAt, memories: 0
})
CREATE (agent)-[:OPENED]->(session)
SET agent.sessionId = $sessionId,
    agent.lastSession = $startedAt,
    agent.sessionCount = agent.sessionCount + 1
RETURN session.id AS sessionId
