// Returns an answer that was paid for and not yet used up: answerJson, truncated. $memoryId, $key STRING.
CYPHER 25
MATCH (answer:ModelAnswer {memoryId: $memoryId, key: $key})
RETURN answer.answerJson AS answerJson, answer.truncated AS truncated
