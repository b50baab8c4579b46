// Releases a lease and sets when the memory is due again: now while operations wait (or when their pause ends), else
// once its buffer has been idle for $idleMillis, else never. Returns one row (runAt). $memoryId, $owner STRING;
// $idleMillis INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId, leaseOwner: $owner})
SET memory.leaseOwner = null,
    memory.leasedAt = null,
    memory.leaseUntil = null
WITH memory
CALL () {
  // An index of several properties is used only if each of them has a condition.
  OPTIONAL MATCH (running:Operation {memoryId: $memoryId, status: 'running'})
  WHERE running.number IS NOT NULL
  WITH running
  ORDER BY running.number
  LIMIT 1
  CALL () {
    OPTIONAL MATCH (accepted:Operation {memoryId: $memoryId, status: 'accepted'})
    WHERE accepted.number IS NOT NULL
    RETURN accepted
    ORDER BY accepted.number
    LIMIT 1
  }
  WITH CASE WHEN accepted IS NULL OR running.number < accepted.number THEN running ELSE accepted END AS operation
  RETURN operation.id AS waiting, CASE
    WHEN operation.postponedAt > datetime() + duration('PT1M') THEN datetime()
    ELSE coalesce(operation.runAfter, datetime())
  END AS due
}
CALL (waiting) {
  OPTIONAL MATCH (raw:RawData {memoryId: $memoryId, state: 'buffered'})
  WHERE waiting IS NULL AND raw.sequence IS NOT NULL
  RETURN max(raw.createdAt) AS lastBuffered
}
SET memory.releasedAt = datetime(),
    memory.runAt = CASE
  WHEN size(coalesce(memory.cancels, [])) > 0 THEN datetime()
  WHEN waiting IS NOT NULL THEN due
  WHEN lastBuffered IS NOT NULL THEN lastBuffered + duration({milliseconds: $idleMillis})
END
RETURN memory.runAt AS runAt
