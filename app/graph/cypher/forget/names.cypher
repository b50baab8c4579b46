// Returns the names of entities and of those linked to them by SAME_AS: rows of {key, names LIST OF STRING}. $memoryId
// STRING; $keys LIST OF STRING.
CYPHER 25
UNWIND $keys AS wanted
MATCH (:Entity {memoryId: $memoryId, key: wanted})-[:SAME_AS]-{0,4}(entity:Entity)
WITH DISTINCT entity
RETURN collect({key: entity.key, names: [entity.name] + coalesce(entity.aliases, [])}) AS rows
