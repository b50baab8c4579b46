// Marks an import as running. Returns one row (firstSequence, createdAt, resultJson). $memoryId, $operationId STRING.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.attempts = operation.attempts + CASE operation.status WHEN 'accepted' THEN 1 ELSE 0 END,
    operation.status = 'running',
    operation.startedAt = coalesce(operation.startedAt, datetime()),
    operation.runAfter = null
RETURN operation.firstSequence AS firstSequence, operation.createdAt AS createdAt, operation.resultJson AS resultJson
