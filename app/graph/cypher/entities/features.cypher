// Returns entities' features for the second round: id, vector (of the name), facts (number of those that mention it).
// $memoryId STRING; $ids LIST OF STRING; $dimension INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (entity:Entity {memoryId: $memoryId, id: id})
WHERE entity.embedding IS NOT NULL
RETURN collect({
  id: entity.id, vector: vector(entity.embedding, $dimension, FLOAT32), facts: coalesce(entity.mentionCount, 0)
}) AS rows
