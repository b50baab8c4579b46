// Returns the number of sessions that were open at some time in [$start, $end) as one row: number. $memoryId STRING;
// $start, $end DATETIME.
CYPHER 25
MATCH (session:Session {memoryId: $memoryId})
WHERE session.id IS NOT NULL AND session.startedAt < $end AND coalesce(session.endedAt, session.expiresAt) >= $start
RETURN count(session) AS number
