// Deletes chunks of a memory that are over a day old and have no operation, because their upload broke off. $memoryId
// STRING.
CYPHER 25
MATCH (chunk:ImportChunk)
WHERE chunk.memoryId = $memoryId AND chunk.createdAt < datetime() - duration('P1D')
      AND NOT EXISTS { MATCH (:Operation {id: chunk.operationId}) }
CALL (chunk) {
  DELETE chunk
} IN TRANSACTIONS OF 20 ROWS
RETURN count(*) AS number
