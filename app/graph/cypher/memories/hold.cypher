// Leases this memory to a process that is no worker. Returns one row, or none while another has it. $memoryId, $owner STRING; $leaseMillis INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
SET memory.writtenAt = datetime()
WITH memory
WHERE
  //> fragments/lease_is_free
SET memory.leaseOwner = $owner,
    memory.leasedAt = datetime(),
    memory.leaseUntil = datetime() + duration({milliseconds: $leaseMillis + 2 * memory.sequence})
RETURN memory.id AS memoryId
