// Keys. A key constraint brings its own range index of the same name.
CREATE CONSTRAINT migration_version IF NOT EXISTS
FOR (n:Migration) REQUIRE n.version IS UNIQUE;

CREATE CONSTRAINT memory_id IF NOT EXISTS
FOR (n:Memory) REQUIRE n.id IS UNIQUE;

CREATE CONSTRAINT raw_data_id IF NOT EXISTS
FOR (n:RawData) REQUIRE (n.memoryId, n.id) IS UNIQUE;

CREATE CONSTRAINT raw_data_content IF NOT EXISTS
FOR (n:RawData) REQUIRE (n.memoryId, n.contentId) IS UNIQUE;

CREATE CONSTRAINT entity_id IF NOT EXISTS
FOR (n:Entity) REQUIRE (n.memoryId, n.id) IS UNIQUE;

CREATE CONSTRAINT entity_key IF NOT EXISTS
FOR (n:Entity) REQUIRE (n.memoryId, n.key) IS UNIQUE;

CREATE CONSTRAINT fact_id IF NOT EXISTS
FOR (n:Fact) REQUIRE (n.memoryId, n.id) IS UNIQUE;

CREATE CONSTRAINT fact_content IF NOT EXISTS
FOR (n:Fact) REQUIRE (n.memoryId, n.contentHash) IS UNIQUE;

CREATE CONSTRAINT insight_id IF NOT EXISTS
FOR (n:Insight) REQUIRE (n.memoryId, n.id) IS UNIQUE;

CREATE CONSTRAINT operation_id IF NOT EXISTS
FOR (n:Operation) REQUIRE n.id IS UNIQUE;
