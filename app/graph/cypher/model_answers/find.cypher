// Returns a stored model answer: answerJson, truncated. $memoryId, $key STRING.
CYPHER 25
MATCH (answer:ModelAnswer {memoryId: $memoryId, key: $key})
RETURN answer.answerJson AS answerJson, answer.truncated AS truncated
