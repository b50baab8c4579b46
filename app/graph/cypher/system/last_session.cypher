// Returns the open session that was started last as one row, or none: agentId, id. $now DATETIME.
CYPHER 25
MATCH (agent:Agent)
MATCH (session:Session {memoryId: agent.memoryId, id: agent.sessionId})
WHERE session.status = 'active' AND session.expiresAt > $now
RETURN agent.agentId AS agentId, session.id AS id
ORDER BY session.startedAt DESC
LIMIT 1
