// Returns all agents (see fragments/agent_columns), newest first. $counted BOOLEAN.
CYPHER 25
MATCH (agent:Agent)
RETURN
  //> fragments/agent_columns
ORDER BY createdAt DESC, agentId
