// Starts a session and ends the agent's current one. Returns one row (sessionId), or none if there is no such agent or
// $renewed is no longer its current session. $memoryId, $sessionId STRING; $renewed STRING or null (the session to
// replace); $startedAt, $expiresAt DATETIME.
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
