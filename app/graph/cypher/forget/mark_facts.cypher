// Marks facts that have lost their last source, or the last one whose words they have: what only restated a fact must be read again.
// Returns one row: again LIST OF STRING, ids of such raw data. $memoryId, $mark STRING.
CYPHER 25
MATCH (:RawData {memoryId: $memoryId, forgotten: $mark})<-[:EXTRACTED_FROM]-(fact:Fact)
WITH DISTINCT fact
WHERE NOT EXISTS {
  MATCH (fact)-[evidence:EXTRACTED_FROM]->(raw:RawData)
  WHERE coalesce(raw.forgotten, '') <> $mark AND evidence.restated IS NULL
}
SET fact.forgotten = $mark
WITH collect(fact) AS facts
CALL (facts) {
  UNWIND facts AS fact
  MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData)
  WHERE coalesce(raw.forgotten, '') <> $mark
  RETURN collect(DISTINCT raw.id) AS again
}
RETURN again
