// Returns entities whose name shares a word with the query: id, key, name, entityType, aliases, splitFrom. $query
// STRING (Lucene, requires the memory's token); $memoryId STRING; $limit INTEGER.
CYPHER 25
CALL db.index.fulltext.queryNodes('entity_name', $query) YIELD node AS entity, score
WHERE entity.memoryId = $memoryId
WITH entity, score
LIMIT $limit
RETURN collect({
  id: entity.id, key: entity.key, name: entity.name, entityType: entity.entityType, aliases: entity.aliases,
  splitFrom: coalesce(entity.splitFrom, [])
}) AS rows
