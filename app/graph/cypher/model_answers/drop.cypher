// Removes the answers that an operation has used up. $memoryId, $operationId STRING.
CYPHER 25
MATCH (answer:ModelAnswer {memoryId: $memoryId, operationId: $operationId})
DELETE answer
RETURN count(*) AS number
