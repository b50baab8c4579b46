// Marks an operation as running and counts the attempt. $memoryId, $operationId STRING; $total INTEGER.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.status = 'running',
    operation.attempts = operation.attempts + 1,
    operation.startedAt = coalesce(operation.startedAt, datetime()),
    operation.progressTotal = $total,
    operation.runAfter = null
RETURN operation.attempts AS attempts
