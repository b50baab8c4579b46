// Creates a memory unless it exists. $memoryId, $userId, $agentId STRING.
CYPHER 25
MERGE (memory:Memory {id: $memoryId})
  ON CREATE SET memory.userId = $userId,
                memory.agentId = $agentId,
                memory.memoryId = $memoryId,
                memory.createdAt = datetime(),
                memory.sequence = 0,
                memory.operations = 0
RETURN memory.id AS memoryId
