// Links facts to what they were read from. $memoryId STRING; $rows LIST of {contentHash, rawDataId, quote STRING; start, end INTEGER;
// restated (the source says it in other words than the fact), joint (it says it together with others) BOOLEAN}.
CYPHER 25
UNWIND $rows AS row
MATCH (fact:Fact {memoryId: $memoryId, contentHash: row.contentHash})
MATCH (raw:RawData {memoryId: $memoryId, id: row.rawDataId})
MERGE (fact)-[evidence:EXTRACTED_FROM {start: row.start, end: row.end}]->(raw)
  ON CREATE SET evidence.quote = row.quote,
                evidence.restated = row.restated,
                evidence.joint = row.joint
WITH collect(DISTINCT fact) AS facts
UNWIND facts AS fact
SET fact.evidenceCount = COUNT { (fact)-[:EXTRACTED_FROM]->() }
RETURN count(*) AS number
