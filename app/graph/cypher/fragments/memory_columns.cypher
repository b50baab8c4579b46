// Columns of a fact as read by `app.graph.typed_facts`, from `fact` and `version` (its state at another time, or null).
// $kindOf MAP (category to kind).
{
  id: fact.id, content: coalesce(version.text, fact.text), title: CASE WHEN version IS NULL THEN fact.title
  ELSE version.title END,
  kind: coalesce(version.kind, fact.kind, $kindOf[fact.category]), tags: coalesce(version.tags, fact.tags, []),
  confidence: coalesce(version.confidence, fact.confidence), source: coalesce(version.source, fact.source,
  'conversation'),
  provenance: coalesce(fact.provenance, 'explicit_statement'), createdAt: fact.createdAt, updatedAt: fact.updatedAt,
  expiredAt: CASE WHEN fact.invalidAt IS NOT NULL THEN coalesce(fact.expiredAt, fact.invalidAt) END,
  expiredBy: CASE WHEN fact.invalidAt IS NOT NULL THEN coalesce(fact.expiredBy, 'superseded') END,
  sourceRef: head(COLLECT { MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData) RETURN raw.id ORDER BY raw.sequence LIMIT 1 })
}
