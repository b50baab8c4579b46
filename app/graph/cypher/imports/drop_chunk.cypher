// Takes a stored chunk away and counts its elements as done. Returns no row when it is gone already. $memoryId,
// $operationId STRING; $number, $done INTEGER.
CYPHER 25
MATCH (chunk:ImportChunk {operationId: $operationId, number: $number})
WHERE chunk.memoryId = $memoryId
DELETE chunk
WITH count(*) AS deleted
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
SET operation.progressDone = operation.progressDone + $done
RETURN operation.progressDone AS done
