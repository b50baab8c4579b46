// Leaves an entry in the audit log for an `operation` that is about to be deleted.
MERGE (entry:AuditEntry {id: operation.id})
  ON CREATE SET entry.at = operation.createdAt,
                entry.action = operation.kind,
                entry.status = operation.status,
                entry.caller = operation.caller,
                entry.memoryId = operation.memoryId,
                entry.operationId = operation.id,
                entry.requestId = operation.requestId,
                entry.countsJson = operation.countsJson
