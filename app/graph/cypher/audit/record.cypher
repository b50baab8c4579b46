// Adds an entry to the audit log. $id, $action, $status STRING; $caller, $memoryId, $subject (what it was done to),
// $requestId STRING or null.
CYPHER 25
CREATE (entry:AuditEntry {
  id: $id,
  at: datetime.truncate('microsecond', datetime()),
  action: $action,
  status: $status,
  caller: $caller,
  memoryId: $memoryId,
  subject: $subject,
  requestId: $requestId
})
RETURN entry.id AS id
