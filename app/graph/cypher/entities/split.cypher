// Deletes an entity's SAME_AS edges and records the other keys in splitFrom, so that rules do not join them again.
// Returns one row per edge: key, sameKey. $memoryId, $key STRING.
CYPHER 25
MATCH (entity:Entity {memoryId: $memoryId, key: $key})-[link:SAME_AS]-(same:Entity)
WITH entity, same, link
DELETE link
SET entity.splitFrom = coalesce(entity.splitFrom, []) + same.key
RETURN entity.key AS key, same.key AS sameKey
