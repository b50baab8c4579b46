// Creates `operation` as accepted, with the properties that all kinds share. $memoryId, $operationId STRING;
// $idempotencyKey, $requestHash, $requestId, $caller STRING or null.
CREATE (operation:Operation {
  id: $operationId, memoryId: $memoryId, status: 'accepted', number: memory.operations, sequence: memory.sequence,
  attempts: 0,
  failures: 0, progressDone: 0, idempotencyKey: $idempotencyKey, requestHash: $requestHash, requestId: $requestId,
  caller: $caller,
  createdAt: datetime.truncate('microsecond', datetime())
})
