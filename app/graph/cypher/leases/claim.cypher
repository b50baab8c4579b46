// Leases the memory that has waited longest for a worker. Returns one row (memoryId) or none. Ignores a lease or pause
// that was set more than a minute in the future: the clock was set back. $owner STRING; $leaseMillis INTEGER.
CYPHER 25
CALL () {
  MATCH (memory:Memory)
  WHERE memory.runAt <= datetime() AND
      //> fragments/lease_is_free
      AND
      //> fragments/nobody_asks
  RETURN memory
  ORDER BY memory.runAt
  LIMIT 1
  UNION
  MATCH (memory:Memory)
  WHERE memory.releasedAt > datetime() + duration('PT1M') AND memory.runAt > datetime() AND
      //> fragments/lease_is_free
      AND
      //> fragments/nobody_asks
  RETURN memory
  LIMIT 1
}
WITH memory
LIMIT 1
// Take the write lock, then check the condition again: another worker may have claimed it meanwhile.
SET memory.writtenAt = datetime()
WITH memory
WHERE (memory.runAt <= datetime() OR (memory.runAt IS NOT NULL
    AND memory.releasedAt > datetime() + duration('PT1M'))) AND
    //> fragments/lease_is_free
    AND
    //> fragments/nobody_asks
SET memory.leaseOwner = $owner,
    memory.leasedAt = datetime(),
    memory.leaseUntil = datetime() + duration({milliseconds: $leaseMillis})
RETURN memory.id AS memoryId
