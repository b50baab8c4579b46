// Keeps lines of an import until the worker stores them. Idempotent. $memoryId, $operationId, $kind STRING; $rank
// INTEGER (kinds are stored in its order); $number INTEGER (unique in the operation); $count INTEGER (lines); $lines
// STRING (JSON lines).
CYPHER 25
MERGE (chunk:ImportChunk {operationId: $operationId, number: $number})
  ON CREATE SET chunk.memoryId = $memoryId,
                chunk.kind = $kind,
                chunk.rank = $rank,
                chunk.count = $count,
                chunk.lines = $lines,
                chunk.createdAt = datetime()
RETURN chunk.number AS number
