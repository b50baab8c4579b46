// Logged questions, until they expire.
CREATE INDEX query_log_time IF NOT EXISTS
FOR (n:QueryLogEntry) ON (n.memoryId, n.createdAt);

CREATE INDEX query_log_expiry IF NOT EXISTS
FOR (n:QueryLogEntry) ON (n.expiresAt);
