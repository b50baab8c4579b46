// Columns of an operation as read by `app.graph.operations`.
OPTIONAL MATCH (memory:Memory {id: operation.memoryId})
WHERE operation.status = 'running' AND memory.leaseUntil > datetime()
RETURN operation.id AS id, operation.memoryId AS memoryId, operation.kind AS kind, operation.status AS status,
       operation.attempts AS attempts, operation.createdAt AS createdAt, operation.startedAt AS startedAt,
       operation.finishedAt AS finishedAt, operation.runAfter AS runAfter, operation.number AS number,
       operation.progressDone AS progressDone, operation.progressTotal AS progressTotal,
       coalesce(operation.progressUnit, 'rawData') AS progressUnit,
       operation.resultJson AS resultJson, operation.errorReason AS errorReason, operation.errorClass AS errorClass,
       coalesce(operation.modelCalls, 0) AS modelCalls, coalesce(operation.tokensIn, 0) AS tokensIn,
       coalesce(operation.tokensOut, 0) AS tokensOut, operation.model AS model, operation.prompts AS prompts,
       operation.droppedUnquoted AS droppedUnquoted, operation.droppedUnsure AS droppedUnsure,
       operation.droppedInjected AS droppedInjected, operation.droppedMalformed AS droppedMalformed,
       memory.leaseOwner AS leaseOwner, memory.leaseUntil AS leaseUntil,
       coalesce(operation.cancelRequested, false) AS cancelRequested, operation.requestId AS requestId,
       operation.caller AS caller
