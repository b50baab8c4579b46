// Acknowledges an import whose chunks are all stored: makes its operation. Returns one row, or none when the memory is new (see
// leases/create): operationId, of this import or of the one that was accepted under its key before; requestHash, of that one, else
// null. $memoryId, $operationId, $origin STRING; $total, $sequences INTEGER (elements; numbers of the sequence that its raw data take);
// $resultJson STRING (what is known of it so far); $idempotencyKey, $requestHash STRING or null; $keptHours INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
SET memory.writtenAt = datetime()
WITH memory
//> fragments/known_operation
OPTIONAL CALL (memory, known) {
  WITH memory, memory.sequence AS firstSequence, known
  WHERE known IS NULL
  SET memory.sequence = memory.sequence + $sequences,
      memory.operations = memory.operations + 1,
      //> fragments/is_due
  CREATE (operation:Operation {
    id: $operationId, memoryId: $memoryId, kind: 'import', origin: $origin, status: 'accepted', number: memory.operations,
    sequence: memory.sequence, firstSequence: firstSequence, attempts: 0, failures: 0, progressDone: 0, progressTotal: $total,
    progressUnit: 'elements', resultJson: $resultJson, idempotencyKey: $idempotencyKey, requestHash: $requestHash,
    createdAt: datetime()
  })
  RETURN operation.id AS operationId
}
RETURN coalesce(operationId, known.id) AS operationId, known.requestHash AS requestHash
