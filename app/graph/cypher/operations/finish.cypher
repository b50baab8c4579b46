// Ends operations, subtracts their raw data from the memory's waiting count and deletes their stored model answers.
// $memoryId STRING; $rows LIST of {id, status STRING; resultJson, errorReason,
// errorClass, countsJson STRING or null}.
CYPHER 25
UNWIND $rows AS row
MATCH (operation:Operation {id: row.id, memoryId: $memoryId})
WITH operation, row, coalesce(operation.waiting, 0) AS waited
SET operation.status = row.status,
    operation.startedAt = coalesce(operation.startedAt, datetime()),
    operation.finishedAt = datetime(),
    operation.progressDone = CASE row.status WHEN 'succeeded' THEN operation.progressTotal
        ELSE operation.progressDone END,
    operation.resultJson = row.resultJson,
    operation.countsJson = row.countsJson,
    operation.errorReason = row.errorReason,
    operation.errorClass = row.errorClass,
    operation.cancelRequested = null,
    operation.payloadJson = null,
    operation.touchedKeys = null,
    operation.waiting = 0
WITH sum(waited) AS waited, collect(operation.id) AS ended
CALL (ended) {
  MATCH (answer:ModelAnswer {memoryId: $memoryId})
  WHERE answer.operationId IN ended AND answer.key IS NOT NULL
  DELETE answer
  RETURN count(*) AS dropped
}
MATCH (memory:Memory {id: $memoryId})
SET memory.cancels = [id IN memory.cancels WHERE NOT id IN ended],
    memory.waiting = CASE WHEN memory.waiting > waited THEN memory.waiting - waited ELSE 0 END
RETURN memory.waiting AS waiting
