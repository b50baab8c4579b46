// Takes everything away that an import made before it failed, but for what somebody else has sent since. $memoryId,
// $operationId STRING.
CYPHER 25
MATCH (n:RawData|Entity|Fact|Insight {memoryId: $memoryId})
WHERE n.importId = $operationId AND NOT EXISTS { (:Operation)-[:STORED]->(n) }
CALL (n) {
  DETACH DELETE n
} IN TRANSACTIONS OF 500 ROWS
RETURN count(*) AS number
