// Returns the text of any one fact with its memory's user and agent as one row, or none: text, userId, agentId.
CYPHER 25
MATCH (fact:Fact)
WITH fact
LIMIT 1
MATCH (memory:Memory {id: fact.memoryId})
RETURN fact.text AS text, memory.userId AS userId, memory.agentId AS agentId
