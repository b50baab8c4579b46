// Returns a page of a memory's facts, the last observed first. $memoryId STRING; $sourceClients, $types LIST OF STRING
// or null (of the raw data behind a fact); $filter MAP (see fragments/fact_filter); $afterObserved, $afterCreated
// DATETIME or null and $afterId INTEGER (last fact of the previous page); $limit INTEGER.
CYPHER 25
MATCH (fact:Fact {memoryId: $memoryId})
// True for every fact; makes the planner use the index on memoryId and observedAt.
WHERE fact.observedAt IS NOT NULL AND ($afterObserved IS NULL OR fact.observedAt < $afterObserved
       OR (fact.observedAt = $afterObserved AND (fact.createdAt < $afterCreated
           OR (fact.createdAt = $afterCreated AND fact.id < $afterId))))
  AND (($sourceClients IS NULL AND $types IS NULL) OR EXISTS {
    MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData)
    WHERE ($sourceClients IS NULL OR raw.sourceClient IN $sourceClients) AND ($types IS NULL OR raw.type IN $types)
  })
  AND
      //> fragments/fact_filter
WITH fact
ORDER BY fact.observedAt DESC, fact.createdAt DESC, fact.id DESC
LIMIT $limit
CALL (fact) {
  MATCH (fact)-[evidence:EXTRACTED_FROM]->(raw:RawData)
  RETURN raw
  ORDER BY raw.sequence DESC
  LIMIT 1
}
WITH fact.id AS id, fact.text AS text, fact.category AS category, fact.type AS type, fact.occurredAt AS occurredAt,
     fact.observedAt AS observedAt, fact.createdAt AS createdAt, fact.metadataJson AS metadataJson,
     fact.invalidAt AS invalidAt, raw.id AS rawDataId, raw.type AS rawDataType, raw.sourceClient AS sourceClient
ORDER BY observedAt DESC, createdAt DESC, id DESC
RETURN collect({
  id: id, text: text, category: category, type: type, occurredAt: occurredAt, observedAt: observedAt,
  createdAt: createdAt, invalidAt: invalidAt, metadataJson: metadataJson, rawDataId: rawDataId, rawDataType: rawDataType,
  sourceClient: sourceClient
}) AS rows
