// Leases the memory that has waited longest for a worker. Returns one row (memoryId) or none.
// $owner STRING; $leaseMillis INTEGER.
CYPHER 25
MATCH (memory:Memory)
WHERE memory.runAt <= datetime() AND (memory.leaseUntil IS NULL OR memory.leaseUntil < datetime())
WITH memory
ORDER BY memory.runAt
LIMIT 1
// The write lock first, then the condition again: another worker may have been faster.
SET memory.writtenAt = datetime()
WITH memory
WHERE memory.runAt <= datetime() AND (memory.leaseUntil IS NULL OR memory.leaseUntil < datetime())
SET memory.leaseOwner = $owner,
    memory.leaseUntil = datetime() + duration({milliseconds: $leaseMillis})
RETURN memory.id AS memoryId
