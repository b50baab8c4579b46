// Creates the operation of an import whose chunks are all stored. Returns one row, or none if the memory is new (see
// leases/create): operationId (of this import, or of an earlier one with the same id or key); requestHash (of the
// earlier one, else null). $memoryId, $operationId, $origin STRING; $total, $sequences INTEGER (elements; sequence
// numbers to reserve for its raw data); $resultJson STRING (the result so far); $idempotencyKey, $requestHash,
// $requestId, $caller STRING or null; $keptHours INTEGER.
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
  //> fragments/new_operation
  SET operation.kind = 'import',
      operation.origin = $origin,
      operation.firstSequence = firstSequence,
      operation.progressTotal = $total,
      operation.progressUnit = 'elements',
      operation.resultJson = $resultJson
  RETURN operation.id AS operationId
}
RETURN coalesce(operationId, known.id) AS operationId, known.requestHash AS requestHash
