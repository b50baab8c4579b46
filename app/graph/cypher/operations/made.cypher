// Returns the results of extracting these raw data as one row: factIds, entityKeys, and failed LIST of {rawDataId,
// reason, failureClass} (raw data that could not be extracted). $memoryId STRING; $ids LIST OF STRING.
CYPHER 25
CALL () {
  UNWIND $ids AS id
  MATCH (:RawData {memoryId: $memoryId, id: id})<-[:EXTRACTED_FROM]-(fact:Fact)
  WITH DISTINCT fact
  ORDER BY fact.id
  RETURN collect(fact) AS facts
}
CALL (facts) {
  UNWIND facts AS made
  // Also entities of facts linked by SUPERSEDES: their insights need a refresh, too.
  MATCH (made)-[:SUPERSEDES]-{0,1}(fact:Fact)-[:MENTIONS]->(entity:Entity)
  WITH DISTINCT entity.key AS key
  ORDER BY key
  RETURN collect(key) AS entityKeys
}
CALL () {
  UNWIND $ids AS id
  MATCH (raw:RawData {memoryId: $memoryId, id: id, state: 'failed'})
  RETURN collect({rawDataId: raw.id, reason: coalesce(raw.failure, 'unknown'), failureClass: coalesce(raw.failureClass,
      'internal')}) AS failed
}
RETURN [fact IN facts | fact.id] AS factIds, entityKeys, failed
