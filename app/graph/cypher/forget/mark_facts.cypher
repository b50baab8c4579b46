// Marks facts that have lost their last source, and those whose words may come from a marked one: a fact stays only
// where each of its sources says it by itself, in these words, or where one that it was handed over with stays. Also
// marked are facts of messages that were read together with a marked one (the message after it, and what a model read
// in the same window). What is left of all their sources must be read again, but for what was handed over, which is
// read for nothing else. Returns one row: again LIST OF STRING, ids of such raw data. $memoryId, $mark STRING.
CYPHER 25
CALL () {
  MATCH (marked:RawData {memoryId: $memoryId, forgotten: $mark})-[:NEXT]->(beside:RawData)
  WHERE coalesce(beside.forgotten, '') <> $mark
  RETURN beside
  UNION
  MATCH (marked:RawData {memoryId: $memoryId, forgotten: $mark})
  WHERE marked.submitted IS NULL AND marked.extractedAt IS NOT NULL AND NOT marked.extractor STARTS WITH 'local@'
  WITH collect(DISTINCT marked.extractedAt) AS windows
  MATCH (beside:RawData {memoryId: $memoryId})
  WHERE beside.extractedAt IN windows AND beside.submitted IS NULL AND coalesce(beside.forgotten, '') <> $mark
  RETURN beside
}
WITH collect(DISTINCT beside) AS beside
CALL (beside) {
  MATCH (marked:RawData {memoryId: $memoryId, forgotten: $mark})<-[:EXTRACTED_FROM]-(fact:Fact)
  WITH fact, beside, min(marked.occurredAt) AS told
  // One that was told first by what goes has its times from there.
  WHERE told <= fact.firstObservedAt OR NOT EXISTS { MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData)
      WHERE coalesce(raw.forgotten, '') <> $mark }
        OR EXISTS {
          MATCH (fact)-[evidence:EXTRACTED_FROM]->(raw:RawData)
          WHERE coalesce(evidence.restated, true) OR coalesce(evidence.joint, true) OR raw IN beside
        }
  RETURN fact
  UNION
  UNWIND beside AS raw
  MATCH (raw)<-[:EXTRACTED_FROM]-(fact:Fact)
  WHERE coalesce(fact.forgotten, '') <> $mark
  RETURN DISTINCT fact
}
WITH fact
WHERE NOT EXISTS { MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData) WHERE raw.submitted AND coalesce(raw.forgotten,
    '') <> $mark }
SET fact.forgotten = $mark
WITH collect(fact) AS facts
CALL (facts) {
  UNWIND facts AS fact
  MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData)
  WHERE coalesce(raw.forgotten, '') <> $mark AND raw.submitted IS NULL
  RETURN collect(DISTINCT raw.id) AS again
}
RETURN again
