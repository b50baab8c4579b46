// Gives a lease back and says when the memory needs a worker again: at once while operations wait, else when its buffer
// has been idle long enough, else not. Returns one row (runAt). $memoryId, $owner STRING; $idleMillis INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId, leaseOwner: $owner})
SET memory.leaseOwner = null,
    memory.leaseUntil = null
WITH memory
CALL () {
  OPTIONAL MATCH (operation:Operation {memoryId: $memoryId})
  WHERE operation.status IN ['accepted', 'running']
  WITH operation
  ORDER BY operation.number
  LIMIT 1
  RETURN operation.id AS waiting, coalesce(operation.runAfter, datetime()) AS due
}
CALL () {
  OPTIONAL MATCH (raw:RawData {memoryId: $memoryId, state: 'buffered'})
  RETURN max(raw.createdAt) AS lastBuffered
}
SET memory.runAt = CASE
  WHEN waiting IS NOT NULL THEN due
  WHEN lastBuffered IS NOT NULL THEN lastBuffered + duration({milliseconds: $idleMillis})
END
RETURN memory.runAt AS runAt
