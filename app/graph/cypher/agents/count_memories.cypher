// Counts memories that a session has handed over. Returns one row (memories), or none. $memoryId, $sessionId STRING;
// $number INTEGER.
CYPHER 25
MATCH (session:Session {memoryId: $memoryId, id: $sessionId})
SET session.memories = session.memories + $number
RETURN session.memories AS memories
