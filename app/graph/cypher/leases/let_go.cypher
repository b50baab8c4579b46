// Releases a lease without changing when the memory is due. Returns one row, or none. $memoryId, $owner STRING.
CYPHER 25
MATCH (memory:Memory {id: $memoryId, leaseOwner: $owner})
SET memory.leaseOwner = null,
    memory.leasedAt = null,
    memory.leaseUntil = null
RETURN memory.id AS memoryId
