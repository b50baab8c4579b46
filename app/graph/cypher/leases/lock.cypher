// Locks a memory against other writers until the transaction ends. Returns one row, or none. $memoryId STRING.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
SET memory.writtenAt = datetime()
RETURN memory.id AS memoryId
