// Deletes entries of the audit log that are older than $days. $days INTEGER.
CYPHER 25
MATCH (entry:AuditEntry)
WHERE entry.at < datetime() - duration({days: $days})
CALL (entry) {
  DETACH DELETE entry
} IN TRANSACTIONS OF 500 ROWS
RETURN count(*) AS number
