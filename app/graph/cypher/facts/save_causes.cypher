// Links effects to their causes. $memoryId STRING; $rows LIST of {cause, effect STRING (content hashes), relation
// STRING (CAUSED_BY, ENABLED_BY or MOTIVATED_BY), strength FLOAT}.
CYPHER 25
UNWIND $rows AS row
MATCH (effect:Fact {memoryId: $memoryId, contentHash: row.effect})
MATCH (cause:Fact {memoryId: $memoryId, contentHash: row.cause})
MERGE (effect)-[link:$(row.relation)]->(cause)
  ON CREATE SET link.strength = row.strength
RETURN count(*) AS number
