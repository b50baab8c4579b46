// The audit log, read by time, of all memories or of one: operations, and entries of what is no operation or was one.
CREATE INDEX operation_created IF NOT EXISTS
FOR (n:Operation) ON (n.createdAt);

CREATE CONSTRAINT audit_entry_id IF NOT EXISTS
FOR (n:AuditEntry) REQUIRE n.id IS UNIQUE;

CREATE INDEX audit_time IF NOT EXISTS
FOR (n:AuditEntry) ON (n.at);

CREATE INDEX audit_memory IF NOT EXISTS
FOR (n:AuditEntry) ON (n.memoryId, n.at);
