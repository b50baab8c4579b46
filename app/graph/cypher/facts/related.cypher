// Returns valid facts that may be about the same matter as new ones, found by slot prefix and by vector: index (of the
// row), and the older fact's id, contentHash, text, subject, predicate, object, slot, slotValue, validAt, observedAt,
// speakers (userName or role of its raw data), similarity (cosine). $memoryId STRING; $rows LIST of {index INTEGER, slot STRING or null (slot-key
// prefix), vector LIST OF FLOAT, contentHash STRING}; $limit INTEGER (per row and search).
CYPHER 25
UNWIND $rows AS row
CALL (row) {
  MATCH (fact:Fact {memoryId: $memoryId})
  WHERE fact.slot STARTS WITH row.slot
  RETURN fact
  ORDER BY fact.observedAt DESC, fact.id
  LIMIT $limit
  UNION
  MATCH (fact:Fact)
  SEARCH fact IN (
    VECTOR INDEX fact_embedding
    FOR row.vector
    WHERE fact.memoryId = $memoryId
    LIMIT $limit
  )
  RETURN fact
}
WITH row, fact
WHERE fact.invalidAt IS NULL AND fact.contentHash <> row.contentHash AND fact.embedding IS NOT NULL
CALL (fact) {
  MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData)
  RETURN collect(DISTINCT coalesce(raw.userName, raw.role)) AS speakers
}
RETURN collect({
  index: row.index, id: fact.id, contentHash: fact.contentHash, text: fact.text, subject: fact.subject,
  predicate: fact.predicate, object: fact.object, slot: fact.slot, slotValue: fact.slotValue, validAt: fact.validAt,
  observedAt: fact.observedAt, speakers: speakers,
  similarity: 2 * vector.similarity.cosine(fact.embedding, row.vector) - 1
}) AS rows
