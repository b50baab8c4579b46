// Columns of an agent as read by `app.graph.agents`. $counted BOOLEAN (with memoryCount INTEGER, else 0).
agent.agentId AS agentId, agent.pattern AS pattern, agent.description AS description, agent.createdAt AS createdAt,
agent.lastSession AS lastSession, agent.sessionCount AS sessionCount, agent.sessionId AS sessionId,
    agent.policyJson AS policyJson,
CASE WHEN $counted THEN COUNT { MATCH (fact:Fact {memoryId: agent.memoryId}) WHERE fact.createdAt IS NOT NULL }
    ELSE 0 END AS memoryCount
