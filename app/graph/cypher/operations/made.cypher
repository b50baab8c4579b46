// Returns one row with what raw data led to: factIds, entityKeys. $memoryId STRING; $ids LIST OF STRING, of raw data.
CYPHER 25
CALL () {
  UNWIND $ids AS id
  MATCH (:RawData {memoryId: $memoryId, id: id})<-[:EXTRACTED_FROM]-(fact:Fact)
  WITH DISTINCT fact
  ORDER BY fact.id
  RETURN collect(fact) AS facts
}
CALL (facts) {
  UNWIND facts AS fact
  MATCH (fact)-[:MENTIONS]->(entity:Entity)
  WITH DISTINCT entity.key AS key
  ORDER BY key
  RETURN collect(key) AS entityKeys
}
RETURN [fact IN facts | fact.id] AS factIds, entityKeys
