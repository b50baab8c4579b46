// Counts the operations that ended in the last $minutes. Returns one row: ended, failed (without cancelled ones).
// $minutes INTEGER.
CYPHER 25
MATCH (operation:Operation)
WHERE operation.finishedAt > datetime() - duration({minutes: $minutes})
RETURN count(*) AS ended,
       sum(CASE WHEN operation.status = 'failed' AND operation.errorClass <> 'cancelled' THEN 1 ELSE 0 END) AS failed
