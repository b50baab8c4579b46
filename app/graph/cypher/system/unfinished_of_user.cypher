// Counts a user's unfinished operations, at most $limit. $prefix STRING (of the ids of its memories); $limit INTEGER.
// Returns one row: number.
CYPHER 25
MATCH (memory:Memory)
WHERE memory.id STARTS WITH $prefix AND memory.runAt IS NOT NULL
MATCH (operation:Operation {memoryId: memory.id})
// The last condition lets the index of all three be used.
WHERE operation.status IN ['accepted', 'running'] AND operation.number IS NOT NULL
WITH operation
LIMIT $limit
RETURN count(operation) AS number
