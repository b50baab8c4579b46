// Repairs what stays next to marked nodes: links the messages on both sides of a gap, reopens facts that only marked
// ones had closed, removes captions of windows with marked messages and aliases that no remaining source contains, and
// clears the results of operations that processed marked raw data. $memoryId, $mark STRING; $emptyResultJson STRING
// (the result to leave).
CYPHER 25
CALL () {
  MATCH (earlier:RawData {memoryId: $memoryId} WHERE coalesce(earlier.forgotten, '') <> $mark)
        (()-[:NEXT]->(gone:RawData WHERE gone.forgotten = $mark)){1,}
        ()-[:NEXT]->(later:RawData WHERE coalesce(later.forgotten, '') <> $mark)
  CREATE (earlier)-[:NEXT]->(later)
  RETURN count(*) AS links
}
CALL (links) {
  MATCH (memory:Memory {id: $memoryId})
  WHERE EXISTS { MATCH (raw:RawData {memoryId: $memoryId, id: memory.lastMessageId}) WHERE raw.forgotten = $mark }
  CALL () {
    OPTIONAL MATCH (raw:RawData {memoryId: $memoryId})
    WHERE coalesce(raw.forgotten, '') <> $mark AND raw.type = 'CONVERSATION'
    RETURN raw.id AS last
    ORDER BY raw.sequence DESC
    LIMIT 1
  }
  SET memory.lastMessageId = last
  RETURN count(memory) AS ends
}
CALL (ends) {
  // Skip facts that an agent expired and contradictions that an agent resolved.
  MATCH (newer:Fact {memoryId: $memoryId, forgotten: $mark})-[edge:SUPERSEDES]->(older:Fact)
  WHERE edge.resolution IS NULL AND coalesce(older.expiredBy, 'superseded') = 'superseded'
      AND coalesce(older.forgotten, '') <> $mark AND NOT EXISTS { MATCH (other:Fact)-[:SUPERSEDES]->(older)
      WHERE coalesce(other.forgotten, '') <> $mark }
  SET older.invalidAt = null,
      older.expiredAt = null
  WITH DISTINCT older
  CALL (older) {
    MATCH ()-[related:RELATED {memoryId: $memoryId, factId: older.id}]->()
    SET related.invalidAt = null
  }
  RETURN count(older) AS reopened
}
CALL (reopened) {
  MATCH (raw:RawData {memoryId: $memoryId, forgotten: $mark})
  WHERE raw.windowCaption IS NOT NULL
  WITH collect(DISTINCT raw.windowCaption) AS captions
  MATCH (beside:RawData {memoryId: $memoryId})
  WHERE coalesce(beside.forgotten, '') <> $mark AND beside.windowCaption IN captions
  SET beside.windowCaption = null
  RETURN count(beside) AS captions
}
CALL (captions) {
  MATCH (gone:Entity {memoryId: $memoryId, forgotten: $mark})
  WITH collect(gone.key) AS keys
  MATCH (entity:Entity {memoryId: $memoryId})
  WHERE any(key IN coalesce(entity.splitFrom, []) WHERE key IN keys)
  SET entity.splitFrom = [key IN entity.splitFrom WHERE NOT key IN keys]
  RETURN count(entity) AS splits
}
CALL (splits) {
  MATCH (entity:Entity {memoryId: $memoryId})
  WHERE coalesce(entity.forgotten, '') <> $mark AND size(coalesce(entity.aliases, [])) > 0
        AND EXISTS { MATCH (entity)<-[:MENTIONS]-(:Fact)-[:EXTRACTED_FROM]->(raw:RawData) WHERE raw.forgotten = $mark }
  CALL (entity) {
    MATCH (entity)<-[:MENTIONS]-(fact:Fact)-[:EXTRACTED_FROM]->(raw:RawData)
    WHERE coalesce(fact.forgotten, '') <> $mark AND coalesce(raw.forgotten, '') <> $mark
    RETURN collect(DISTINCT toLower(raw.text)) AS texts
  }
  SET entity.aliases = [alias IN entity.aliases WHERE any(text IN texts WHERE text CONTAINS toLower(alias))]
  RETURN count(entity) AS aliased
}
CALL (aliased) {
  MATCH (raw:RawData {memoryId: $memoryId, forgotten: $mark})
  WITH collect(raw.id) AS ids
  MATCH (operation:Operation {memoryId: $memoryId})
  WHERE operation.kind <> 'forget' AND operation.status IN ['succeeded', 'failed'] AND coalesce(operation.forgotten,
      '') <> $mark AND
        (operation.kind = 'import' OR EXISTS { (operation)-[:STORED]->(:RawData {forgotten: $mark}) }
         OR any(id IN coalesce(operation.sealed, []) WHERE id IN ids))
  SET operation.sealed = CASE WHEN operation.sealed IS NULL THEN null ELSE [id IN operation.sealed
      WHERE NOT id IN ids] END,
      operation.errorReason = CASE WHEN operation.errorReason IS NULL THEN null ELSE 'forgotten' END,
      operation.resultJson = CASE WHEN operation.resultJson IS NULL THEN null ELSE $emptyResultJson END
  RETURN count(operation) AS operations
}
RETURN links, reopened, captions, aliased, operations
