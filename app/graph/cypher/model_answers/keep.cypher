// Stores a model's answer until the graph holds its content. $memoryId, $key, $operationId, $answerJson STRING;
// $truncated BOOLEAN.
CYPHER 25
MERGE (answer:ModelAnswer {memoryId: $memoryId, key: $key})
  ON CREATE SET answer.operationId = $operationId,
                answer.answerJson = $answerJson,
                answer.truncated = $truncated,
                answer.createdAt = datetime()
RETURN answer.key AS key
