// Links facts to what they were read from, whose source clients become metadata terms of the facts. $memoryId STRING;
// $rows LIST of {contentHash, rawDataId, quote STRING; start, end INTEGER; restated (the source says it in other words
// than the fact), joint (it says it together with others) BOOLEAN}.
CYPHER 25
UNWIND $rows AS row
MATCH (fact:Fact {memoryId: $memoryId, contentHash: row.contentHash})
MATCH (raw:RawData {memoryId: $memoryId, id: row.rawDataId})
MERGE (fact)-[evidence:EXTRACTED_FROM {start: row.start, end: row.end}]->(raw)
  ON CREATE SET evidence.quote = row.quote,
                evidence.restated = row.restated,
                evidence.joint = row.joint
WITH fact, collect(DISTINCT '"sourceClient":' + raw.sourceClient) AS sources
SET fact.evidenceCount = COUNT { (fact)-[:EXTRACTED_FROM]->() },
    fact.metadataTerms = fact.metadataTerms + [term IN sources WHERE NOT term IN fact.metadataTerms]
RETURN count(*) AS number
