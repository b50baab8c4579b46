// Returns the ids of raw data that were stored with these typed facts and that no other fact cites. $memoryId STRING;
// $ids LIST OF INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (:Fact {memoryId: $memoryId, id: id})-[:EXTRACTED_FROM]->(raw:RawData)
WHERE raw.submitted AND NOT EXISTS {
  MATCH (other:Fact)-[:EXTRACTED_FROM]->(raw)
  WHERE NOT other.id IN $ids
}
RETURN collect(DISTINCT raw.id) AS rows
