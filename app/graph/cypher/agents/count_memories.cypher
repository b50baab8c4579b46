// Adds to the number of typed facts that a session stored. Returns one row (memories), or none. $memoryId, $sessionId
// STRING; $number INTEGER.
CYPHER 25
MATCH (session:Session {memoryId: $memoryId, id: $sessionId})
SET session.memories = session.memories + $number
RETURN session.memories AS memories
