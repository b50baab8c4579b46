// Adds evidence to existing facts. $memoryId STRING; $rows LIST of {id INTEGER; rawDataId, quote STRING; start, end
// INTEGER}.
CYPHER 25
UNWIND $rows AS row
MATCH (fact:Fact {memoryId: $memoryId, id: row.id})
MATCH (raw:RawData {memoryId: $memoryId, id: row.rawDataId})
MERGE (fact)-[evidence:EXTRACTED_FROM {start: row.start, end: row.end}]->(raw)
  ON CREATE SET evidence.quote = row.quote,
                evidence.restated = true,
                evidence.joint = false
WITH fact, max(raw.occurredAt) AS told
SET fact.evidenceCount = COUNT { (fact)-[:EXTRACTED_FROM]->() },
    fact.observedAt = CASE WHEN told > fact.observedAt THEN told ELSE fact.observedAt END
RETURN count(fact) AS number
