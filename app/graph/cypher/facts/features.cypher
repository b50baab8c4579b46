// Returns facts' features for ranking: id, rawDataIds, vector (its embedding as 32-bit floats, which the driver reads twenty
// times faster than a list). $memoryId STRING; $ids LIST OF INTEGER; $dimension INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (fact:Fact {memoryId: $memoryId, id: id})
RETURN collect({
  id: fact.id,
  rawDataIds: [(fact)-[:EXTRACTED_FROM]->(raw:RawData) | raw.id][..16],
  vector: CASE WHEN fact.embedding IS NOT NULL THEN vector(fact.embedding, $dimension, FLOAT32) END
}) AS rows
