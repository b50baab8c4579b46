// Stores the answer to a request. $memoryId, $key, $answerJson STRING.
CYPHER 25
MATCH (record:IdempotencyRecord {memoryId: $memoryId, key: $key})
SET record.answerJson = $answerJson
RETURN record.key AS key
