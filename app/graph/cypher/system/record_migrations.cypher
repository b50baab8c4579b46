// Records that migrations were applied. $migrations LIST<MAP>: version INTEGER, name STRING, checksum STRING.
CYPHER 25
UNWIND $migrations AS applied
MERGE (migration:Migration {version: applied.version})
  ON CREATE SET migration.name = applied.name,
                migration.checksum = applied.checksum,
                migration.appliedAt = datetime()
RETURN migration.version AS version
