// Links facts to the raw data they were extracted from and adds its source clients to the facts' metadata terms.
// $memoryId STRING; $rows LIST of {contentHash, rawDataId, quote STRING; start, end INTEGER; restated (the source words
// it differently), joint (the fact needs several sources) BOOLEAN}.
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
