// Returns the session that was begun last and is still open, as one row: agentId, id; or none. $now DATETIME.
CYPHER 25
MATCH (agent:Agent)
MATCH (session:Session {memoryId: agent.memoryId, id: agent.sessionId})
WHERE session.status = 'active' AND session.expiresAt > $now
RETURN agent.agentId AS agentId, session.id AS id
ORDER BY session.startedAt DESC
LIMIT 1
