// Stored retrievals, until they expire.
CREATE CONSTRAINT trace_id IF NOT EXISTS
FOR (n:Trace) REQUIRE (n.memoryId, n.id) IS UNIQUE;

CREATE INDEX trace_expiry IF NOT EXISTS
FOR (n:Trace) ON (n.expiresAt);
