// Stores on the operation which entities its facts mention, before it changes them. Returns one row: keys LIST OF
// STRING, as stored by the first run. $memoryId, $operationId STRING; $ids LIST OF INTEGER.
CYPHER 25
MATCH (operation:Operation {id: $operationId, memoryId: $memoryId})
CALL () {
  UNWIND $ids AS id
  MATCH (fact:Fact {memoryId: $memoryId, id: id})-[:MENTIONS]->(entity:Entity)
  RETURN collect(DISTINCT entity.key) AS named
}
SET operation.touchedKeys = coalesce(operation.touchedKeys, named)
RETURN operation.touchedKeys AS keys
