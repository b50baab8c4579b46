// Returns an import's next chunks to process: number, kind, lines. $memoryId, $operationId STRING; $limit INTEGER.
CYPHER 25
MATCH (chunk:ImportChunk {operationId: $operationId})
WHERE chunk.memoryId = $memoryId
WITH chunk
ORDER BY chunk.rank, chunk.number
LIMIT $limit
RETURN chunk.number AS number, chunk.kind AS kind, chunk.lines AS lines
