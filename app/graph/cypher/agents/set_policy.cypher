// Stores an agent's policy. Returns one row (agentId), or none. $memoryId, $policyJson STRING.
CYPHER 25
MATCH (agent:Agent {memoryId: $memoryId})
SET agent.policyJson = $policyJson
RETURN agent.agentId AS agentId
