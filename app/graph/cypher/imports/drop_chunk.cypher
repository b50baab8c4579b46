// Deletes a stored chunk and counts its elements as done. Returns no row if the chunk is already deleted. $memoryId,
// $operationId STRING; $number, $done INTEGER.
CYPHER 25
MATCH (chunk:ImportChunk {operationId: $operationId, number: $number})
WHERE chunk.memoryId = $memoryId
DELETE chunk
WITH count(*) AS deleted
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.progressDone = operation.progressDone + $done
RETURN operation.progressDone AS done
