// Takes back that a name means the same as others; they will not be joined by rules again. Returns a row an edge: key,
// sameKey. $memoryId, $key STRING.
CYPHER 25
MATCH (entity:Entity {memoryId: $memoryId, key: $key})-[link:SAME_AS]-(same:Entity)
WITH entity, same, link
DELETE link
SET entity.splitFrom = coalesce(entity.splitFrom, []) + same.key
RETURN entity.key AS key, same.key AS sameKey
