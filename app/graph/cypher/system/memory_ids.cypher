// Returns a page of memories by id: ids. $after STRING (the last id of the page before, or empty); $limit INTEGER.
CYPHER 25
MATCH (memory:Memory)
WHERE memory.id > $after
WITH memory
ORDER BY memory.id
LIMIT $limit
RETURN collect(memory.id) AS rows
