// Requests cancellation of an unfinished operation; requests to forget can't be cancelled. Returns one row
// (operationId), or none. $memoryId, $operationId STRING.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
SET memory.writtenAt = datetime()
WITH memory
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
WHERE operation.status IN ['accepted', 'running'] AND operation.kind <> 'forget'
SET operation.cancelRequested = true,
    memory.cancels = [id IN coalesce(memory.cancels, []) WHERE id <> $operationId] + $operationId,
    memory.releasedAt = datetime(),
    memory.runAt = datetime()
RETURN operation.id AS operationId
