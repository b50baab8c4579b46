// The audit log: written with its operation and completed by id; read by time, of all memories or of one.
CREATE CONSTRAINT audit_entry_id IF NOT EXISTS
FOR (n:AuditEntry) REQUIRE n.id IS UNIQUE;

CREATE INDEX audit_time IF NOT EXISTS
FOR (n:AuditEntry) ON (n.at);

CREATE INDEX audit_memory IF NOT EXISTS
FOR (n:AuditEntry) ON (n.memoryId, n.at);
