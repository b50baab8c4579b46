// First step of everything a worker writes: locks the memory, renews the lease and returns one row, or none when the
// lease went to another.
// $memoryId, $owner STRING; $leaseMillis INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId, leaseOwner: $owner})
SET memory.leasedAt = datetime(),
    memory.leaseUntil = CASE
      WHEN memory.leaseUntil > datetime() + duration({milliseconds: $leaseMillis}) THEN memory.leaseUntil
      ELSE datetime() + duration({milliseconds: $leaseMillis})
    END
RETURN memory.id AS memoryId
