// Links facts that contradict each other without closing each other, from the one told later. $memoryId STRING; $rows LIST
// of {fact, other STRING (content hashes)}.
CYPHER 25
UNWIND $rows AS row
MATCH (one:Fact {memoryId: $memoryId, contentHash: row.fact})
MATCH (two:Fact {memoryId: $memoryId, contentHash: row.other})
WITH CASE WHEN one.observedAt >= two.observedAt THEN one ELSE two END AS newer,
     CASE WHEN one.observedAt >= two.observedAt THEN two ELSE one END AS older
MERGE (newer)-[edge:CONFLICTS_WITH]->(older)
  ON CREATE SET edge.createdAt = datetime()
RETURN count(*) AS number
