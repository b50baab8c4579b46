// Deletes the remaining chunks of an import. $memoryId, $operationId STRING.
CYPHER 25
MATCH (chunk:ImportChunk {operationId: $operationId})
WHERE chunk.memoryId = $memoryId
CALL (chunk) {
  DELETE chunk
} IN TRANSACTIONS OF 20 ROWS
RETURN count(*) AS number
