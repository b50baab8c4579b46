// Leases the memory that has waited longest for a worker. Returns one row (memoryId) or none. A lease or a pause that was set in what is
// now the future, by more than a minute, is none: the clock was put back.
// $owner STRING; $leaseMillis INTEGER.
CYPHER 25
MATCH (memory:Memory)
WHERE (memory.runAt <= datetime() OR memory.releasedAt > datetime() + duration('PT1M'))
  AND memory.runAt IS NOT NULL
  AND (memory.leaseUntil IS NULL OR memory.leaseUntil < datetime() OR memory.leasedAt > datetime() + duration('PT1M'))
WITH memory
ORDER BY memory.runAt
LIMIT 1
// The write lock first, then the condition again: another worker may have been faster.
SET memory.writtenAt = datetime()
WITH memory
WHERE (memory.runAt <= datetime() OR memory.releasedAt > datetime() + duration('PT1M'))
  AND memory.runAt IS NOT NULL
  AND (memory.leaseUntil IS NULL OR memory.leaseUntil < datetime() OR memory.leasedAt > datetime() + duration('PT1M'))
SET memory.leaseOwner = $owner,
    memory.leasedAt = datetime(),
    memory.leaseUntil = datetime() + duration({milliseconds: $leaseMillis})
RETURN memory.id AS memoryId
