// Links facts in the order in which one window states them. $memoryId STRING; $rows LIST of {earlier, later STRING},
// content hashes.
CYPHER 25
UNWIND $rows AS row
MATCH (earlier:Fact {memoryId: $memoryId, contentHash: row.earlier})
MATCH (later:Fact {memoryId: $memoryId, contentHash: row.later})
MERGE (later)-[:FOLLOWS]->(earlier)
RETURN count(*) AS number
