// Takes chunks of a memory away whose upload broke off over a day ago, so that no operation ever came of them.
// $memoryId STRING.
CYPHER 25
MATCH (chunk:ImportChunk)
WHERE chunk.memoryId = $memoryId AND chunk.createdAt < datetime() - duration('P1D')
      AND NOT EXISTS { MATCH (:Operation {id: chunk.operationId}) }
CALL (chunk) {
  DELETE chunk
} IN TRANSACTIONS OF 20 ROWS
RETURN count(*) AS number
