// Returns a page of memory ids in order. $after STRING (the last id of the previous page, or empty); $limit INTEGER.
CYPHER 25
MATCH (memory:Memory)
WHERE memory.id > $after
WITH memory
ORDER BY memory.id
LIMIT $limit
RETURN collect(memory.id) AS rows
