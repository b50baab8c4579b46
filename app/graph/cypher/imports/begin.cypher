// Marks an import as running. Returns one row (firstSequence, createdAt, resultJson). $memoryId, $operationId STRING.
CYPHER 25
//> fragments/start_operation
RETURN operation.firstSequence AS firstSequence, operation.createdAt AS createdAt, operation.resultJson AS resultJson
