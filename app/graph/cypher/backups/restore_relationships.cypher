// Creates relationships between nodes of a memory. $memoryId STRING; $rows LIST of {from, to STRING (element ids), type
// STRING, properties MAP}.
CYPHER 25
UNWIND $rows AS row
MATCH (from {memoryId: $memoryId})
WHERE elementId(from) = row.from
MATCH (to {memoryId: $memoryId})
WHERE elementId(to) = row.to
CREATE (from)-[r:$(row.type)]->(to)
SET r = row.properties
RETURN count(r) AS number
