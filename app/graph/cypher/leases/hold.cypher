// Leases a memory to a process that is not a worker. If a worker has it, asks for it (wantedAt), so that the worker
// releases it after its turn. Returns one row (memoryId), or none. $memoryId, $owner STRING; $leaseMillis INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
SET memory.wantedAt = datetime()
WITH memory
WHERE
  //> fragments/lease_is_free
SET memory.wantedAt = null,
    memory.leaseOwner = $owner,
    memory.leasedAt = datetime(),
    memory.leaseUntil = datetime() + duration({milliseconds: $leaseMillis + 2 * memory.sequence})
RETURN memory.id AS memoryId
