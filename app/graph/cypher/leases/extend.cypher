// Extends a lease by two milliseconds per message, for a transaction over the whole memory: it holds the lock, so
// nobody can renew the lease meanwhile. Returns one row, or none if another worker has the lease. $memoryId, $owner
// STRING; $leaseMillis INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId, leaseOwner: $owner})
SET memory.leasedAt = datetime(),
    memory.leaseUntil = datetime() + duration({milliseconds: $leaseMillis + 2 * memory.sequence})
RETURN memory.id AS memoryId
