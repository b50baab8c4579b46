// Links facts of a bundle. $memoryId STRING; $rows LIST of {type STRING (a relationship type between facts), from, to
// INTEGER, strength FLOAT or null}.
CYPHER 25
UNWIND $rows AS row
MATCH (source:Fact {memoryId: $memoryId, id: row.from})
MATCH (target:Fact {memoryId: $memoryId, id: row.to})
MERGE (source)-[link:$(row.type)]->(target)
SET link.strength = row.strength
RETURN count(*) AS number
