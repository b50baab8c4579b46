// Records that a migration was applied. $version INTEGER, $name STRING, $checksum STRING.
CYPHER 25
MERGE (migration:Migration {version: $version})
  ON CREATE SET migration.name = $name,
                migration.checksum = $checksum,
                migration.appliedAt = datetime()
RETURN migration.version AS version
