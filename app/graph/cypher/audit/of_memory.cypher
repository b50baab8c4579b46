// Returns entries of one memory in the audit log, newest first: entry. Like audit/list, but found by the index of the queue.
// $memoryId STRING; $start, $last DATETIME (first and last time); $beforeId STRING or null (only smaller ids at the last
// time); $caller STRING or null; $actions LIST OF STRING or null; $limit INTEGER.
CYPHER 25
CALL () {
  MATCH (operation:Operation {memoryId: $memoryId})
  USING INDEX operation:Operation(memoryId, status, number)
  WHERE operation.status IS NOT NULL AND operation.number IS NOT NULL AND operation.createdAt >= $start AND operation.createdAt <= $last AND
    //> fragments/is_audited
  WITH operation, operation.createdAt AS at, operation.id AS id, operation.kind AS action, operation.caller AS caller
  WHERE
    //> fragments/audit_filter
  RETURN operation {.id, .status, .caller, .memoryId, .requestId, .countsJson, at: at, action: action, operationId: id}
      AS entry
  ORDER BY at DESC, id DESC
  LIMIT $limit
  UNION ALL
  MATCH (kept:AuditEntry {memoryId: $memoryId})
  WHERE kept.at >= $start AND kept.at <= $last
  WITH kept, kept.at AS at, kept.id AS id, kept.action AS action, kept.caller AS caller
  WHERE
    //> fragments/audit_filter
  RETURN kept {.*} AS entry
  ORDER BY at DESC, id DESC
  LIMIT $limit
}
RETURN entry
ORDER BY entry.at DESC, entry.id DESC
LIMIT $limit
