// Marks what a request names: facts by id or by the entities they mention, raw data by id, time or a name in them, and
// with `withSources` the raw data of those facts. $memoryId, $mark STRING; $factIds LIST OF INTEGER; $keys LIST OF
// STRING (entity keys); $patterns LIST OF STRING (regular expressions for the names, as raw data may have them);
// $rawDataIds LIST OF STRING; $from, $to DATETIME or null; $all, $withSources BOOLEAN; $below, $number INTEGER (of the
// request: raw data of higher sequences and operations of higher numbers came after it and are not meant).
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
  // A source that stays must not bring it back when it is read again.
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
  // What was sent again after the request is new: it stays, and is read for the request that brought it again.
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
