// Returns a row a migration that was applied, by version: version, name, checksum.
CYPHER 25
MATCH (migration:Migration)
RETURN migration.version AS version, migration.name AS name, migration.checksum AS checksum
ORDER BY version
