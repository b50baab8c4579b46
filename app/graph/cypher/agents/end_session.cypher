// Ends a session. Returns one row (endedAt), or none. $memoryId, $sessionId STRING; $endedAt DATETIME.
CYPHER 25
MATCH (session:Session {memoryId: $memoryId, id: $sessionId})
SET session.status = 'terminated',
    session.endedAt = $endedAt
RETURN session.endedAt AS endedAt
