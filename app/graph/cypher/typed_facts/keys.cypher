// Returns the keys of the entities that facts mention. $memoryId STRING; $ids LIST OF INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (fact:Fact {memoryId: $memoryId, id: id})-[:MENTIONS]->(entity:Entity)
RETURN collect(DISTINCT entity.key) AS rows
