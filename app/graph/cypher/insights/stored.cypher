// Returns insights by id: id, text, composer, seenFacts, theme. $memoryId STRING; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (insight:Insight {memoryId: $memoryId, id: id})
RETURN collect({
  id: insight.id, text: insight.text, composer: insight.composer, seenFacts: coalesce(insight.seenFacts, 0), theme: insight.theme
}) AS rows
