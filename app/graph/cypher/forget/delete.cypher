// Deletes marked nodes. Recounts the mentions of remaining entities and the evidence of remaining facts, and rebuilds
// those facts' metadata from their remaining sources. Stores the receipt on the operation for repeated runs. $memoryId,
// $mark, $receiptJson STRING; $keys LIST OF STRING; $recorded BOOLEAN (record deleted facts among $factIds as
// DeletedFact); $factIds LIST OF INTEGER.
CYPHER 25
CALL () {
  MATCH (fact:Fact {memoryId: $memoryId})-[:EXTRACTED_FROM]->(:RawData {forgotten: $mark})
  WHERE coalesce(fact.forgotten, '') <> $mark
  RETURN collect(DISTINCT fact) AS facts
}
CALL () {
  MATCH (entity:Entity {memoryId: $memoryId})<-[:MENTIONS]-(:Fact {forgotten: $mark})
  WHERE coalesce(entity.forgotten, '') <> $mark
  RETURN collect(DISTINCT entity) AS entities
}
CALL () {
  // All of them, including those stored after the marking.
  MATCH (n:Trace|TraceStage|QueryLogEntry|IdempotencyRecord {memoryId: $memoryId})
  DETACH DELETE n
  RETURN count(*) AS kept
}
CALL (kept) {
  // Record which facts were deleted by id, for queries of changes.
  MATCH (fact:Fact {memoryId: $memoryId, forgotten: $mark})
  WHERE $recorded AND fact.id IN $factIds
  MERGE (gone:DeletedFact {memoryId: $memoryId, id: fact.id})
  SET gone.createdAt = fact.createdAt,
      gone.deletedAt = datetime()
  RETURN count(gone) AS recorded
}
CALL (recorded) {
  MATCH (fact:Fact {memoryId: $memoryId, forgotten: $mark})
  MATCH ()-[related:RELATED {memoryId: $memoryId, factId: fact.id}]->()
  DELETE related
  RETURN count(*) AS unrelated
}
CALL (unrelated) {
  MATCH (operation:Operation {memoryId: $memoryId, forgotten: $mark})
  WHERE
    //> fragments/is_audited
  //> fragments/keep_audit_entry
  RETURN count(*) AS audited
}
CALL (facts, entities, audited) {
  MATCH (
    n:FactVersion|RawData|Fact|Entity|Insight|Trace|TraceStage|QueryLogEntry|ModelAnswer|IdempotencyRecord|ImportChunk|
      Operation
      {memoryId: $memoryId, forgotten: $mark}
  )
  DETACH DELETE n
  RETURN count(*) AS deleted
}
CALL (facts, deleted) {
  UNWIND facts AS fact
  CALL (fact) {
    MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData)
    WITH DISTINCT raw
    ORDER BY raw.sequence
    RETURN collect(raw) AS sources
  }
  SET fact.evidenceCount = COUNT { (fact)-[:EXTRACTED_FROM]->() },
      fact.observedAt = CASE WHEN size(sources) = 0 THEN fact.observedAt ELSE reduce(last = sources[0].occurredAt,
          raw IN sources |
        CASE WHEN raw.occurredAt > last THEN raw.occurredAt ELSE last END) END,
      fact.metadataJson = sources[0].metadataJson,
      fact.metadataTerms = reduce(terms = [], raw IN sources | terms + [term IN coalesce(raw.metadataTerms, [])
          WHERE NOT term IN terms])
  RETURN count(*) AS recounted
}
CALL (entities, deleted) {
  UNWIND entities AS entity
  SET entity.mentionCount = COUNT { (entity)<-[:MENTIONS]-(:Fact) }
  RETURN count(*) AS mentions
}
MATCH (operation:Operation {id: $mark, memoryId: $memoryId})
SET operation.receiptJson = $receiptJson,
    operation.forgottenKeys = $keys
RETURN deleted
