// Marks what was derived from marked facts: entities that no fact mentions any more, insights, fact versions, and
// everything that may contain their text (traces, logged questions, stored answers, import chunks that will not be processed). Returns
// one row: keys LIST OF STRING (remaining entities that lost a fact or a source). $memoryId, $mark STRING; $all BOOLEAN
// (all insights, and ended operations too); $patterns LIST OF STRING (see mark_chosen).
CYPHER 25
CALL () {
  MATCH (fact:Fact {memoryId: $memoryId})
  WHERE fact.forgotten = $mark OR EXISTS { MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData) WHERE raw.forgotten = $mark }
  MATCH (fact)-[:MENTIONS]->(entity:Entity)
  WITH DISTINCT entity
  RETURN collect(entity) AS touched
}
CALL (touched) {
  UNWIND touched AS entity
  WITH entity
  WHERE NOT EXISTS { MATCH (entity)<-[:MENTIONS]-(fact:Fact) WHERE coalesce(fact.forgotten, '') <> $mark }
  SET entity.forgotten = $mark
  RETURN count(entity) AS entities
}
CALL (entities, touched) {
  MATCH (insight:Insight {memoryId: $memoryId})
  WHERE $all OR EXISTS { MATCH (insight)-[:DERIVED_FROM]->{1,3}(fact:Fact) WHERE fact.forgotten = $mark }
        OR any(pattern IN $patterns WHERE insight.text =~ pattern OR insight.name =~ pattern)
        // A model may have used a fact that it does not cite.
        OR insight.entityKey IN [entity IN touched | entity.key]
        OR EXISTS { MATCH (entity:Entity {memoryId: $memoryId, key: insight.entityKey}) WHERE entity.forgotten = $mark }
  SET insight.forgotten = $mark
  RETURN count(insight) AS insights
}
CALL (insights) {
  // Recompose every BRANCH and ROOT: a model may have read a leaf that it does not cite.
  MATCH (upper:Insight {memoryId: $memoryId})
  WHERE insights > 0 AND upper.tier <> 'LEAF' AND upper.composer IS NOT NULL
  SET upper.forgotten = $mark
  RETURN count(upper) AS uppers
}
CALL (uppers) {
  MATCH (kept:Trace|TraceStage|QueryLogEntry|ModelAnswer|IdempotencyRecord {memoryId: $memoryId})
  SET kept.forgotten = $mark
  RETURN count(kept) AS others
}
CALL (others) {
  // An upload in progress has no operation yet: keep its chunks for a day.
  MATCH (chunk:ImportChunk)
  WHERE chunk.memoryId = $memoryId
        AND (EXISTS { MATCH (operation:Operation {id: chunk.operationId}) WHERE operation.status IN ['succeeded',
            'failed'] }
             OR chunk.createdAt < datetime() - duration('P1D')
                AND NOT EXISTS { MATCH (operation:Operation {id: chunk.operationId}) })
  SET chunk.forgotten = $mark
  RETURN count(chunk) AS chunks
}
CALL (chunks) {
  MATCH (version:FactVersion {memoryId: $memoryId})
  WHERE $all OR EXISTS { MATCH (fact:Fact)-[:HAD_VERSION]->(version) WHERE fact.forgotten = $mark }
        OR any(pattern IN $patterns WHERE any(text IN [version.text, version.title] + coalesce(version.tags, [])
            WHERE text =~ pattern))
  SET version.forgotten = $mark
  RETURN count(version) AS versions
}
CALL (versions) {
  MATCH (gone:DeletedFact {memoryId: $memoryId})
  WHERE $all
  DETACH DELETE gone
  RETURN count(*) AS gones
}
CALL (gones) {
  MATCH (operation:Operation {memoryId: $memoryId})
  WHERE $all AND operation.id <> $mark AND operation.status IN ['succeeded', 'failed']
  SET operation.forgotten = $mark
  RETURN count(operation) AS operations
}
RETURN [entity IN touched WHERE coalesce(entity.forgotten, '') <> $mark | entity.key] AS keys
