// Returns a session as one row, or none: id, status, startedAt, expiresAt, endedAt or null, memories, current BOOLEAN
// (it is the agent's last session), pattern. $memoryId, $sessionId STRING.
CYPHER 25
MATCH (agent:Agent {memoryId: $memoryId})
MATCH (session:Session {memoryId: $memoryId, id: $sessionId})
RETURN session.id AS id, session.status AS status, session.startedAt AS startedAt, session.expiresAt AS expiresAt,
       session.endedAt AS endedAt, session.memories AS memories, agent.sessionId = session.id AS current,
           agent.pattern AS pattern
