// Returns entries of the audit log, newest first: entry. $memoryId, $caller STRING or null; $actions LIST OF STRING or
// null; $start, $end DATETIME or null (from, to before); $beforeTime DATETIME or null with $beforeId STRING (the entry
// before this page); $limit INTEGER.
CYPHER 25
MATCH (entry:AuditEntry)
WHERE entry.at >= coalesce($start, datetime('0001-01-01T00:00Z'))
      AND entry.at <= coalesce($beforeTime, $end, datetime('9999-12-31T00:00Z'))
      AND ($end IS NULL OR entry.at < $end)
      AND ($beforeTime IS NULL OR entry.at < $beforeTime OR entry.id < $beforeId)
      AND ($memoryId IS NULL OR entry.memoryId = $memoryId)
      AND ($caller IS NULL OR entry.caller = $caller)
      AND ($actions IS NULL OR entry.action IN $actions)
RETURN entry {.*} AS entry
ORDER BY entry.at DESC, entry.id DESC
LIMIT $limit
