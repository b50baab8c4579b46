// Returns a page of entities for a bundle, ordered by key. $memoryId, $after STRING; $limit INTEGER; $withEmbeddings
// BOOLEAN.
CYPHER 25
MATCH (entity:Entity {memoryId: $memoryId})
WHERE entity.key > $after
WITH entity
ORDER BY entity.key
LIMIT $limit
RETURN collect({
  key: entity.key, name: entity.name, entityType: entity.entityType, aliases: entity.aliases,
  sameAs: COLLECT { MATCH (entity)-[:SAME_AS]->(same:Entity) RETURN same.name ORDER BY same.key },
      createdAt: entity.createdAt,
  embedding: CASE WHEN $withEmbeddings THEN entity.embedding END
}) AS rows
