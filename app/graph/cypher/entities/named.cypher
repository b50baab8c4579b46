// Returns entities by their keys: id, key, name, entityType, aliases, splitFrom, mentionCount. $memoryId STRING; $keys
// LIST OF STRING.
CYPHER 25
UNWIND $keys AS key
MATCH (entity:Entity {memoryId: $memoryId, key: key})
RETURN collect({
  id: entity.id, key: entity.key, name: entity.name, entityType: entity.entityType, aliases: entity.aliases,
  splitFrom: coalesce(entity.splitFrom, []), mentionCount: entity.mentionCount
}) AS rows
