// Records the new `operation` in the audit log; operations/finish completes the entry. In microseconds, as the pages'
// cursors.
CREATE (:AuditEntry {
  id: operation.id, at: datetime.truncate('microsecond', datetime()), action: operation.kind, status: 'accepted',
  caller: operation.caller, memoryId: $memoryId, operationId: operation.id, requestId: operation.requestId
})
