// Returns facts for a retrieval's answer, in no particular order: the columns of an item, conflictsWith LIST OF
// INTEGER (older facts that it contradicts) and evidence LIST of {rawDataId, quote, start, end, userName, role, at}. Times are
// seconds since 1970, which the driver reads ten times faster. $memoryId STRING; $ids LIST OF INTEGER; $asOf DATETIME or
// null (no later evidence).
CYPHER 25
UNWIND $ids AS id
MATCH (fact:Fact {memoryId: $memoryId, id: id})
CALL (fact) {
  MATCH (fact)-[evidence:EXTRACTED_FROM]->(raw:RawData)
  WHERE $asOf IS NULL OR raw.occurredAt <= $asOf
  WITH evidence, raw
  ORDER BY raw.sequence, evidence.start
  LIMIT 20
  RETURN collect({rawDataId: raw.id, quote: coalesce(evidence.quote, left(raw.text, 280)), start: evidence.start,
      end: evidence.end, userName: raw.userName, role: raw.role,
      at: raw.occurredAt.epochMillis / 1000.0}) AS evidence
}
RETURN collect({
  id: fact.id, text: fact.text, category: fact.category, type: fact.type,
  occurredAt: fact.occurredAt.epochMillis / 1000.0,
  validAt: fact.validAt.epochMillis / 1000.0, invalidAt: fact.invalidAt.epochMillis / 1000.0,
  observedAt: fact.observedAt.epochMillis / 1000.0, createdAt: fact.createdAt.epochMillis / 1000.0,
      subject: fact.subject, predicate: fact.predicate, object: fact.object, metadataJson: fact.metadataJson,
  conflictsWith: COLLECT {
    MATCH (fact)-[edge:CONFLICTS_WITH]->(older:Fact)
    WHERE edge.resolution IS NULL
    RETURN older.id
  },
  evidence: evidence
}) AS rows
