// Returns facts by the bundle ids of facts that were merged into them: externalId, factId. Scans every fact of the
// memory. $memoryId STRING; $ids LIST OF STRING.
CYPHER 25
MATCH (fact:Fact {memoryId: $memoryId})
WHERE fact.mergedIds IS NOT NULL
UNWIND fact.mergedIds AS externalId
WITH fact, externalId
WHERE externalId IN $ids
RETURN collect({externalId: externalId, factId: fact.id}) AS rows
