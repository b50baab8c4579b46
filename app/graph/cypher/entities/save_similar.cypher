// Links entities with similar names. $memoryId STRING; $rows LIST of {key, similarKey STRING; score FLOAT}, key <
// similarKey.
CYPHER 25
UNWIND $rows AS row
MATCH (left:Entity {memoryId: $memoryId, key: row.key})
MATCH (right:Entity {memoryId: $memoryId, key: row.similarKey})
MERGE (left)-[similar:SIMILAR_TO]->(right)
  ON CREATE SET similar.score = row.score
RETURN count(*) AS number
