// Deletes an operation's stored model answers. $memoryId, $operationId STRING.
CYPHER 25
MATCH (answer:ModelAnswer {memoryId: $memoryId, operationId: $operationId})
WHERE answer.key IS NOT NULL
DELETE answer
RETURN count(*) AS number
