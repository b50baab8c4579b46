// Returns entities by their keys: id, key, name, entityType, aliases, mentionCount. $memoryId STRING; $keys LIST OF STRING.
CYPHER 25
UNWIND $keys AS key
MATCH (entity:Entity {memoryId: $memoryId, key: key})
RETURN collect({
  id: entity.id, key: entity.key, name: entity.name, entityType: entity.entityType, aliases: entity.aliases, mentionCount: entity.mentionCount
}) AS rows
