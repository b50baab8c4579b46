// Stores lines of an import until the worker processes them. Idempotent. $memoryId, $operationId, $kind STRING; $rank
// INTEGER (order in which kinds are processed); $number INTEGER (unique in the operation); $count INTEGER (lines);
// $lines STRING (JSON lines).
CYPHER 25
MERGE (chunk:ImportChunk {operationId: $operationId, number: $number})
  ON CREATE SET chunk.memoryId = $memoryId,
                chunk.kind = $kind,
                chunk.rank = $rank,
                chunk.count = $count,
                chunk.lines = $lines,
                chunk.createdAt = datetime()
RETURN chunk.number AS number
