// Returns the agent of a memory as one row (see fragments/agent_columns), or none. $memoryId STRING; $counted BOOLEAN.
CYPHER 25
MATCH (agent:Agent {memoryId: $memoryId})
RETURN
  //> fragments/agent_columns
