// Deletes operations that ended more than $days ago. $days INTEGER.
CYPHER 25
MATCH (operation:Operation)
WHERE operation.finishedAt < datetime() - duration({days: $days})
CALL (operation) {
  DETACH DELETE operation
} IN TRANSACTIONS OF 500 ROWS
RETURN count(*) AS number
