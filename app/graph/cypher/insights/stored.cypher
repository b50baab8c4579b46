// Returns insights by id: id, text, composer, seenFacts, theme, stale (one of its facts is no longer valid or was
// edited later). $memoryId STRING; $ids LIST OF INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (insight:Insight {memoryId: $memoryId, id: id})
RETURN collect({
  id: insight.id, text: insight.text, composer: insight.composer, seenFacts: coalesce(insight.seenFacts, 0),
  theme: insight.theme,
  stale: EXISTS { (insight)-[:DERIVED_FROM]->(fact:Fact) WHERE fact.invalidAt IS NOT NULL
  OR fact.updatedAt > insight.updatedAt }
}) AS rows
