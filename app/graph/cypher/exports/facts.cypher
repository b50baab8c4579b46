// Returns a page of facts for a bundle, ordered by content hash (equal in every memory), with mentions LIST of {name,
// role, confidence}, evidence LIST of {id, quote, start, end} and links LIST of {type, to, toExternalId, strength}.
// $memoryId, $after STRING; $limit INTEGER; $withEmbeddings BOOLEAN.
CYPHER 25
MATCH (fact:Fact {memoryId: $memoryId})
WHERE fact.contentHash > $after
WITH fact
ORDER BY fact.contentHash
LIMIT $limit
CALL (fact) {
  MATCH (fact)-[mention:MENTIONS]->(entity:Entity)
  WITH mention, entity
  ORDER BY entity.key
  RETURN collect({name: entity.name, role: mention.role, confidence: mention.confidence}) AS mentions
}
CALL (fact) {
  MATCH (fact)-[evidence:EXTRACTED_FROM]->(raw:RawData)
  WITH evidence, raw
  ORDER BY raw.sequence, raw.id, evidence.start, evidence.end
  RETURN collect({id: raw.id, quote: evidence.quote, start: evidence.start, end: evidence.end}) AS evidence
}
CALL (fact) {
  MATCH (fact)-[link:FOLLOWS|CAUSED_BY|ENABLED_BY|MOTIVATED_BY|SUPERSEDES]->(other:Fact)
  WITH link, other
  ORDER BY type(link), other.contentHash
  RETURN collect({type: type(link), to: other.id, toExternalId: other.externalId, strength: link.strength}) AS links
}
WITH fact, mentions, evidence, links
ORDER BY fact.contentHash
RETURN collect({
  id: fact.id, contentHash: fact.contentHash, externalId: fact.externalId, text: fact.text, category: fact.category,
  type: fact.type, subject: fact.subject,
  predicate: fact.predicate, object: fact.object, confidence: fact.confidence, metadataJson: fact.metadataJson,
  occurredAt: fact.occurredAt, occurredStart: fact.occurredStart, occurredEnd: fact.occurredEnd,
  granularity: fact.timeGranularity, observedAt: fact.observedAt, firstObservedAt: fact.firstObservedAt,
  validAt: fact.validAt, invalidAt: fact.invalidAt,
  createdAt: fact.createdAt, extractor: fact.extractor, kind: fact.kind, title: fact.title, tags: fact.tags,
      source: fact.source, provenance: fact.provenance,
  searchText: CASE WHEN fact.searchText <> fact.text THEN fact.searchText END,
  slot: CASE WHEN fact.slotValue IS NOT NULL THEN fact.slot END, value: fact.slotValue,
  expiredBy: fact.expiredBy, mentions: mentions, evidence: evidence, links: links,
  embedding: CASE WHEN $withEmbeddings THEN fact.embedding END
}) AS rows
