// Returns insights by id: id, text, composer, seenFacts, theme, stale (a fact behind it no longer holds, or says
// something else). $memoryId STRING; $ids LIST OF INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (insight:Insight {memoryId: $memoryId, id: id})
RETURN collect({
  id: insight.id, text: insight.text, composer: insight.composer, seenFacts: coalesce(insight.seenFacts, 0),
  theme: insight.theme,
  stale: EXISTS { (insight)-[:DERIVED_FROM]->(fact:Fact) WHERE fact.invalidAt IS NOT NULL
  OR fact.updatedAt > insight.updatedAt }
}) AS rows
