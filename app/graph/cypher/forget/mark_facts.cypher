// Marks facts that lost their last source or whose text may come from a marked one. A fact stays only if each of its
// sources states it alone and in the same words, or if the raw data of a typed fact's own request stays. Also marks
// facts of messages that were extracted together with a marked one (the next message, or the same model window).
// Returns one row: again LIST OF STRING (ids of the marked facts' remaining raw data, to be extracted again; without
// the raw data of typed facts). $memoryId, $mark STRING.
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
  // A fact that a marked source stated first has its times from that source.
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
