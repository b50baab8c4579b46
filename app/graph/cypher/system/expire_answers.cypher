// Deletes idempotency records older than $hours. $hours INTEGER.
CYPHER 25
MATCH (record:IdempotencyRecord)
WHERE record.createdAt < datetime() - duration({hours: $hours})
CALL (record) {
  DELETE record
} IN TRANSACTIONS OF 500 ROWS
RETURN count(*) AS number
