// Deletes operations that ended more than $days ago; the audit log keeps an entry for each. $days INTEGER.
CYPHER 25
MATCH (operation:Operation)
WHERE operation.finishedAt < datetime() - duration({days: $days})
CALL (operation) {
  WITH operation
  CALL (operation) {
    WITH operation
    WHERE
      //> fragments/is_audited
    //> fragments/keep_audit_entry
  }
  DETACH DELETE operation
} IN TRANSACTIONS OF 500 ROWS
RETURN count(*) AS number
