// Makes a lease last for a transaction over everything that the memory holds, which nobody can renew while it holds the
// lock: two milliseconds more for every message. Returns one row, or none when the lease went to another. $memoryId,
// $owner STRING; $leaseMillis INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId, leaseOwner: $owner})
SET memory.leasedAt = datetime(),
    memory.leaseUntil = datetime() + duration({milliseconds: $leaseMillis + 2 * memory.sequence})
RETURN memory.id AS memoryId
