// Ends operations. $memoryId STRING; $rows LIST of {id, status, resultJson, errorReason, errorClass STRING or null}.
CYPHER 25
UNWIND $rows AS row
MATCH (operation:Operation {id: row.id, memoryId: $memoryId})
SET operation.status = row.status,
    operation.startedAt = coalesce(operation.startedAt, datetime()),
    operation.finishedAt = datetime(),
    operation.progressDone = CASE row.status WHEN 'succeeded' THEN operation.progressTotal ELSE operation.progressDone END,
    operation.resultJson = row.resultJson,
    operation.errorReason = row.errorReason,
    operation.errorClass = row.errorClass
RETURN operation.id AS id
