// Completes an entry of the audit log. $id, $status STRING; $countsJson STRING or null.
CYPHER 25
MATCH (entry:AuditEntry {id: $id})
SET entry.status = $status,
    entry.countsJson = $countsJson
RETURN entry.id AS id
