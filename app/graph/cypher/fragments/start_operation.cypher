// Marks `operation` as running and counts the attempt. $memoryId, $operationId STRING.
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.attempts = operation.attempts + CASE operation.status WHEN 'accepted' THEN 1 ELSE 0 END,
    operation.status = 'running',
    operation.startedAt = coalesce(operation.startedAt, datetime()),
    operation.runAfter = null
