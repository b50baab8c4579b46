// Keeps a model's answer until what it says is stored. $memoryId, $key, $operationId, $answerJson STRING; $truncated
// BOOLEAN.
CYPHER 25
MERGE (answer:ModelAnswer {memoryId: $memoryId, key: $key})
  ON CREATE SET answer.operationId = $operationId,
                answer.answerJson = $answerJson,
                answer.truncated = $truncated,
                answer.createdAt = datetime()
RETURN answer.key AS key
