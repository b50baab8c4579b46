// Agents with their sessions, earlier versions of memories, and which memories were deleted.
CREATE CONSTRAINT agent_memory IF NOT EXISTS
FOR (n:Agent) REQUIRE n.memoryId IS UNIQUE;

CREATE CONSTRAINT session_id IF NOT EXISTS
FOR (n:Session) REQUIRE (n.memoryId, n.id) IS UNIQUE;

CREATE INDEX fact_version IF NOT EXISTS
FOR (n:FactVersion) ON (n.memoryId, n.factId);

CREATE CONSTRAINT deleted_fact IF NOT EXISTS
FOR (n:DeletedFact) REQUIRE (n.memoryId, n.id) IS UNIQUE;

CREATE INDEX fact_created IF NOT EXISTS
FOR (n:Fact) ON (n.memoryId, n.createdAt);
