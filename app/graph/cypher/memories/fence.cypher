// First step of everything a worker writes: locks the memory and returns one row, or none when the lease went to another.
// $memoryId, $owner STRING; $leaseMillis INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId, leaseOwner: $owner})
SET memory.leasedAt = datetime(),
    memory.leaseUntil = datetime() + duration({milliseconds: $leaseMillis})
RETURN memory.id AS memoryId
