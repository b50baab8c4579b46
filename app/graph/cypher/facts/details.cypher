// Returns what a retrieval says of facts: the columns of an item and evidence LIST of {rawDataId, quote, start, end}, strongest
// order kept by the caller. $memoryId STRING; $ids LIST OF INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (fact:Fact {memoryId: $memoryId, id: id})
CALL (fact) {
  MATCH (fact)-[evidence:EXTRACTED_FROM]->(raw:RawData)
  WITH evidence, raw
  ORDER BY raw.sequence, evidence.start
  LIMIT 20
  RETURN collect({rawDataId: raw.id, quote: evidence.quote, start: evidence.start, end: evidence.end}) AS evidence
}
RETURN fact.id AS id, fact.text AS text, fact.category AS category, fact.type AS type, fact.occurredAt AS occurredAt,
       fact.observedAt AS observedAt, fact.createdAt AS createdAt, fact.eventStart AS eventStart, fact.subject AS subject, fact.predicate AS predicate, fact.object AS object,
       fact.metadataJson AS metadataJson, evidence
