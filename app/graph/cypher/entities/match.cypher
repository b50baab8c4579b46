// Returns entities whose name shares a word with the query: id, name, aliases, score. $query STRING (Lucene, names the memory);
// $memoryId STRING; $limit INTEGER.
CYPHER 25
CALL db.index.fulltext.queryNodes('entity_name', $query) YIELD node AS entity, score
WHERE entity.memoryId = $memoryId
WITH entity.id AS id, entity.name AS name, entity.aliases AS aliases, score
LIMIT $limit
RETURN collect({id: id, name: name, aliases: aliases, score: score}) AS rows
