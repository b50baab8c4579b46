// What changed, and when?
// Facts that a later one closed, the last first; `slot` is what there is only one of at a time, such as ana|home.
// Parameters: $memory, $since.
MATCH (later:Fact {memoryId: $memory})-[:SUPERSEDES]->(earlier:Fact)
WHERE earlier.invalidAt >= $since
RETURN earlier.invalidAt AS until, earlier.slot AS slot, earlier.text AS before, later.text AS now
ORDER BY until DESC, before
LIMIT 100
