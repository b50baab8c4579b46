// Returns the embeddings of entities' names: id, vector. $memoryId STRING; $ids LIST OF STRING; $dimension INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (entity:Entity {memoryId: $memoryId, id: id})
WHERE entity.embedding IS NOT NULL
RETURN collect({id: entity.id, vector: vector(entity.embedding, $dimension, FLOAT32)}) AS rows
