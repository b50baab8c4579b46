// Returns the insights of $tier as sources for a higher tier, those with the most facts first: id, name, text, theme,
// seenFacts. $memoryId, $tier STRING; $themes LIST OF STRING or null for all; $limit INTEGER (per theme).
CYPHER 25
MATCH (insight:Insight {memoryId: $memoryId})
WHERE insight.tier = $tier AND insight.theme IS NOT NULL AND ($themes IS NULL OR insight.theme IN $themes)
WITH insight
ORDER BY insight.seenFacts DESC, insight.id
WITH insight.theme AS theme, collect(insight)[..$limit] AS insights
UNWIND insights AS insight
RETURN collect({
  id: insight.id, name: insight.name, text: insight.text, theme: theme, seenFacts: coalesce(insight.seenFacts, 0)
}) AS rows
