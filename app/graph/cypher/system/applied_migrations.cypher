// Returns one row per applied migration, by version: version, name, checksum.
CYPHER 25
MATCH (migration:Migration)
RETURN migration.version AS version, migration.name AS name, migration.checksum AS checksum
ORDER BY version
