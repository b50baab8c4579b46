// Links messages that stood before their previous message in the bundle. $memoryId STRING; $rows LIST of {id, previous
// STRING}.
CYPHER 25
UNWIND $rows AS row
MATCH (previous:RawData {memoryId: $memoryId, id: row.previous})
MATCH (raw:RawData {memoryId: $memoryId, id: row.id})
MERGE (previous)-[:NEXT]->(raw)
RETURN count(*) AS number
