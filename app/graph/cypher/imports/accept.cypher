// Acknowledges an import whose chunks are all stored: makes its operation. Returns one row (operationId), or none when the memory is new
// (see memories/create) or the operation was made before. $memoryId, $operationId, $origin STRING; $total, $sequences INTEGER
// (elements; numbers of the sequence that its raw data take); $resultJson STRING (what is known of it so far).
CYPHER 25
OPTIONAL MATCH (stored:Operation {id: $operationId})
WITH stored
WHERE stored IS NULL
MATCH (memory:Memory {id: $memoryId})
SET memory.writtenAt = datetime()
WITH memory, memory.sequence AS firstSequence
SET memory.sequence = memory.sequence + $sequences,
    memory.operations = memory.operations + 1,
    memory.runAt = CASE WHEN memory.runAt < datetime() THEN memory.runAt ELSE datetime() END
CREATE (operation:Operation {
  id: $operationId, memoryId: $memoryId, kind: 'import', origin: $origin, status: 'accepted', number: memory.operations,
  sequence: memory.sequence, firstSequence: firstSequence, attempts: 0, progressDone: 0, progressTotal: $total,
  progressUnit: 'elements', resultJson: $resultJson, createdAt: datetime()
})
RETURN operation.id AS operationId
