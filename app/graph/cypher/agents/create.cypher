// Creates an agent for a memory; an existing agent stays unchanged. Returns one row: created BOOLEAN. $memoryId,
// $agentId, $pattern STRING; $description STRING or null.
CYPHER 25
MERGE (agent:Agent {memoryId: $memoryId})
  ON CREATE SET agent.agentId = $agentId,
                agent.pattern = $pattern,
                agent.description = $description,
                agent.createdAt = datetime(),
                agent.sessionCount = 0,
                agent.fresh = true
WITH agent, coalesce(agent.fresh, false) AS created
SET agent.fresh = null
RETURN created
