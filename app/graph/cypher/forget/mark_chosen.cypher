// Marks what a request names: facts by id or by the entities they mention, raw data by id, time or a name in them, and with `withSources` the
// raw data of those facts. $memoryId, $mark STRING; $factIds LIST OF INTEGER; $keys LIST OF STRING (entity keys); $patterns LIST OF STRING
// (regular expressions for the names, as raw data may have them); $rawDataIds LIST OF STRING; $from, $to DATETIME or null; $all, $withSources BOOLEAN; $below INTEGER (only raw data of lower
// sequences: what came after the request is not meant).
CYPHER 25
CALL () {
  MATCH (fact:Fact {memoryId: $memoryId})
  WHERE $all OR fact.id IN $factIds
        OR any(pattern IN $patterns WHERE fact.text =~ pattern OR fact.subject =~ pattern OR fact.object =~ pattern)
        OR (size($keys) > 0 AND EXISTS { (fact)-[:MENTIONS]->(entity:Entity) WHERE entity.key IN $keys })
  SET fact.forgotten = $mark
  RETURN count(fact) AS facts
}
CALL () {
  MATCH (entity:Entity {memoryId: $memoryId})
  WHERE $all OR entity.key IN $keys
  SET entity.forgotten = $mark
  RETURN count(entity) AS entities
}
CALL (facts) {
  MATCH (raw:RawData {memoryId: $memoryId})
  WHERE raw.sequence < $below AND ($all OR raw.id IN $rawDataIds
        OR (($from IS NOT NULL OR $to IS NOT NULL) AND ($from IS NULL OR raw.occurredAt >= $from) AND ($to IS NULL OR raw.occurredAt < $to))
        OR any(pattern IN $patterns WHERE raw.text =~ pattern OR raw.userName =~ pattern OR raw.title =~ pattern)
        OR ($withSources AND EXISTS { (fact:Fact {forgotten: $mark})-[:EXTRACTED_FROM]->(raw) }))
  SET raw.forgotten = $mark
  RETURN count(raw) AS rawData
}
RETURN facts, entities, rawData
