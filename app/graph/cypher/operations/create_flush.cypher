// Creates the operation that flushes an idle buffer. $memoryId, $operationId STRING.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
SET memory.operations = memory.operations + 1
CREATE (operation:Operation {
  id: $operationId, memoryId: $memoryId, kind: 'commit', origin: 'idle-flush', status: 'accepted',
  number: memory.operations, sequence: memory.sequence, attempts: 0, progressDone: 0, progressTotal: 0,
  createdAt: datetime()
})
RETURN operation.id AS id
