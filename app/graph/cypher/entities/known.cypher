// Returns which of these entities exist: key, id. $memoryId STRING; $keys LIST OF STRING.
CYPHER 25
UNWIND $keys AS key
MATCH (entity:Entity {memoryId: $memoryId, key: key})
RETURN collect({key: entity.key, id: entity.id}) AS rows
