// Returns entities by key: id, key, name, entityType, and same LIST of {id, key, name} (entities linked by SAME_AS).
// $memoryId STRING; $keys LIST OF STRING.
CYPHER 25
UNWIND $keys AS key
MATCH (entity:Entity {memoryId: $memoryId, key: key})
CALL (entity) {
  MATCH (entity)-[:SAME_AS]-{1,4}(same:Entity)
  WHERE same <> entity
  WITH DISTINCT same
  ORDER BY same.key
  RETURN collect({id: same.id, key: same.key, name: same.name}) AS same
}
RETURN collect({
  id: entity.id, key: entity.key, name: entity.name, entityType: entity.entityType, same: same
}) AS rows
