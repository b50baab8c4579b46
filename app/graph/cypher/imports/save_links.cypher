// Links facts of a bundle. $memoryId STRING; $rows LIST of {type STRING, from INTEGER, to INTEGER, strength FLOAT or null}.
CYPHER 25
UNWIND $rows AS row
MATCH (source:Fact {memoryId: $memoryId, id: row.from})
MATCH (target:Fact {memoryId: $memoryId, id: row.to})
CALL (source, target, row) {
  UNWIND [type IN [row.type] WHERE type = 'FOLLOWS'] AS type
  MERGE (source)-[:FOLLOWS]->(target)
}
CALL (source, target, row) {
  UNWIND [type IN [row.type] WHERE type = 'CAUSED_BY'] AS type
  MERGE (source)-[cause:CAUSED_BY]->(target)
  SET cause.strength = row.strength
}
RETURN count(*) AS number
