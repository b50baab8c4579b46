// Stores a request to forget as an operation. Returns one row, or none if the memory does not exist: operationId (of
// this request, or of an earlier one with the same id or key); requestHash (of the earlier one, else null). $memoryId,
// $operationId, $requestJson STRING; $idempotencyKey, $requestHash, $requestId, $caller STRING or null; $keptHours INTEGER.
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
  //> fragments/new_operation
  SET operation.kind = 'forget',
      operation.origin = 'api',
      operation.progressTotal = 1,
      operation.progressUnit = 'requests',
      operation.requestJson = $requestJson
  RETURN operation.id AS operationId
}
RETURN coalesce(operationId, known.id) AS operationId, known.requestHash AS requestHash
