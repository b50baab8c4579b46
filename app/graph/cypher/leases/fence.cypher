// First step of every worker transaction: locks the memory, renews the lease and returns one row, or none if another
// worker has the lease. $memoryId, $owner STRING; $leaseMillis INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId, leaseOwner: $owner})
SET memory.leaseUntil = CASE
      WHEN memory.leasedAt <= datetime() + duration('PT1M')
          AND memory.leaseUntil > datetime() + duration({milliseconds: $leaseMillis})
        THEN memory.leaseUntil
      ELSE datetime() + duration({milliseconds: $leaseMillis})
    END,
    memory.leasedAt = datetime()
RETURN memory.id AS memoryId
