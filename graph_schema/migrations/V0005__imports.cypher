// An import's lines wait in chunks until the worker has stored them; facts are found by the id that a bundle gave them.
CREATE CONSTRAINT import_chunk IF NOT EXISTS
FOR (n:ImportChunk) REQUIRE (n.operationId, n.number) IS UNIQUE;

CREATE INDEX fact_external IF NOT EXISTS
FOR (n:Fact) ON (n.memoryId, n.externalId);
