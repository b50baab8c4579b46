// Returns the ids of the operations that extract what an import brought, in order. $memoryId, $importId STRING.
CYPHER 25
MATCH (operation:Operation {memoryId: $memoryId})
WHERE operation.status IN ['accepted', 'running', 'succeeded', 'failed'] AND operation.number IS NOT NULL
      AND operation.importId = $importId
WITH operation
ORDER BY operation.number
RETURN collect(operation.id) AS ids
