// Returns a memory's operations, newest first. $memoryId STRING; $statuses LIST OF STRING; $kinds LIST OF STRING or
// null; $before INTEGER (only numbers below it); $limit INTEGER.
CYPHER 25
MATCH (operation:Operation {memoryId: $memoryId})
WHERE operation.status IN $statuses AND operation.number < $before AND ($kinds IS NULL OR operation.kind IN $kinds)
WITH operation
ORDER BY operation.number DESC
LIMIT $limit
//> fragments/operation_columns
ORDER BY number DESC
