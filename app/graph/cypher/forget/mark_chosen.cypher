// Marks what a request selects: facts by id, mentioned entity or name; raw data by id, time or name, and with
// $withSources the raw data of those facts. $memoryId, $mark STRING; $factIds LIST OF INTEGER; $keys LIST OF STRING
// (entity keys); $patterns LIST OF STRING (regular expressions for the names); $rawDataIds LIST OF STRING; $from, $to
// DATETIME or null; $all, $withSources BOOLEAN; $below, $number INTEGER (sequence and number of the request: raw data
// and operations that came later are not affected).
CYPHER 25
CALL () {
  MATCH (fact:Fact {memoryId: $memoryId})
  WHERE fact.observedAt IS NOT NULL AND ($all OR fact.id IN $factIds
        OR any(pattern IN $patterns WHERE any(text IN [fact.text, fact.title, fact.subject,
            fact.object] + coalesce(fact.tags, []) WHERE text =~ pattern))
        OR (size($keys) > 0 AND EXISTS { (fact)-[:MENTIONS]->(entity:Entity) WHERE entity.key IN $keys }))
  SET fact.forgotten = $mark
  RETURN count(fact) AS facts
}
CALL () {
  // Record the hashes on the remaining sources, so that extracting them again does not restore the fact.
  MATCH (fact:Fact {memoryId: $memoryId})-[:EXTRACTED_FROM]->(raw:RawData)
  WHERE NOT $withSources AND fact.id IN $factIds
  OPTIONAL MATCH (fact)-[:HAD_VERSION]->(version:FactVersion)
  UNWIND [fact.contentHash, fact.textHash, version.contentHash, version.textHash] AS hash
  WITH raw, collect(DISTINCT hash) AS hashes
  SET raw.withheld = [hash IN coalesce(raw.withheld, []) WHERE NOT hash IN hashes] + hashes
  RETURN count(raw) AS withheld
}
CALL () {
  MATCH (entity:Entity {memoryId: $memoryId})
  WHERE $all OR entity.key IN $keys
  SET entity.forgotten = $mark
  RETURN count(entity) AS entities
}
CALL (facts) {
  MATCH (raw:RawData {memoryId: $memoryId})
  WHERE raw.occurredAt IS NOT NULL AND raw.sequence < $below AND ($all OR raw.id IN $rawDataIds
        OR (($from IS NOT NULL OR $to IS NOT NULL) AND ($from IS NULL OR raw.occurredAt >= $from) AND ($to IS NULL
            OR raw.occurredAt < $to))
        OR any(pattern IN $patterns WHERE raw.text =~ pattern OR raw.userName =~ pattern OR raw.title =~ pattern)
        OR ($withSources AND EXISTS { (fact:Fact {forgotten: $mark})-[:EXTRACTED_FROM]->(raw) }))
  // Keep raw data that was sent again after the request, and queue it for the later operation.
  WITH raw, head(COLLECT {
    MATCH (raw)<-[:STORED]-(later:Operation)
    WHERE later.number > $number
    RETURN later.kind
    ORDER BY later.number
  }) AS sentAgain
  SET raw.forgotten = CASE WHEN sentAgain IS NULL THEN $mark ELSE raw.forgotten END,
      raw.state = CASE sentAgain WHEN IS NULL THEN raw.state WHEN 'add-message' THEN 'buffered' ELSE 'stored' END
  RETURN sum(CASE WHEN sentAgain IS NULL THEN 1 ELSE 0 END) AS rawData
}
RETURN facts, entities, rawData
