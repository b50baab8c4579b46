// Returns one row, a stored trace that has not expired, or none: traceJson, query, createdAt, expiresAt. $memoryId, $id
// STRING.
CYPHER 25
MATCH (trace:Trace {memoryId: $memoryId, id: $id})
WHERE trace.expiresAt >= datetime()
RETURN trace.traceJson AS traceJson, trace.query AS query, trace.createdAt AS createdAt, trace.expiresAt AS expiresAt
