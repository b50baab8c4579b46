// Links two names of one entity by SAME_AS. $memoryId STRING; $rows LIST of {key, sameKey, reason STRING; score FLOAT}.
CYPHER 25
UNWIND $rows AS row
MATCH (entity:Entity {memoryId: $memoryId, key: row.key})
MATCH (same:Entity {memoryId: $memoryId, key: row.sameKey})
MERGE (entity)-[link:SAME_AS]->(same)
  ON CREATE SET link.reason = row.reason,
                link.score = row.score,
                link.createdAt = datetime()
WITH entity, same
SET entity.splitFrom = [key IN coalesce(entity.splitFrom, []) WHERE key <> same.key],
    same.splitFrom = [key IN coalesce(same.splitFrom, []) WHERE key <> entity.key]
RETURN count(*) AS number
