// What superseded what, and when: the later fact closed the earlier one
MATCH (later:Fact {memoryId: $memory})-[edge:SUPERSEDES]->(earlier:Fact)
RETURN earlier.text AS before, earlier.validAt AS since, earlier.invalidAt AS until, later.text AS now
ORDER BY until DESC
LIMIT 50
