// Deletes everything that a failed import created, except raw data that another request has sent since. $memoryId,
// $operationId STRING.
CYPHER 25
MATCH (n:RawData|Entity|Fact|Insight {memoryId: $memoryId})
WHERE n.importId = $operationId AND NOT EXISTS { (:Operation)-[:STORED]->(n) }
CALL (n) {
  CALL (n) {
    MATCH ()-[related:RELATED {memoryId: $memoryId, factId: n.id}]->()
    DELETE related
  }
  DETACH DELETE n
} IN TRANSACTIONS OF 500 ROWS
RETURN count(*) AS number
