// Acknowledges a request to forget: makes its operation. Returns one row, or none for a memory that is not there: operationId, of this request
// or of the one that was accepted under its key before; requestHash, of that one, else null. $memoryId, $operationId, $requestJson STRING;
// $idempotencyKey, $requestHash STRING or null; $keptHours INTEGER.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
SET memory.writtenAt = datetime()
WITH memory
//> fragments/known_operation
OPTIONAL CALL (memory, known) {
  WITH memory, known
  WHERE known IS NULL
  SET memory.operations = memory.operations + 1,
      //> fragments/is_due
  CREATE (operation:Operation {
    id: $operationId, memoryId: $memoryId, kind: 'forget', origin: 'api', status: 'accepted', number: memory.operations,
    sequence: memory.sequence, attempts: 0, failures: 0, progressDone: 0, progressTotal: 1, progressUnit: 'requests',
    requestJson: $requestJson, idempotencyKey: $idempotencyKey, requestHash: $requestHash, createdAt: datetime()
  })
  RETURN operation.id AS operationId
}
RETURN coalesce(operationId, known.id) AS operationId, known.requestHash AS requestHash
