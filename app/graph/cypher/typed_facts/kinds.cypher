// Returns the number of facts of each kind: kind STRING, number INTEGER. $memoryId STRING; $kindOf MAP (category to
// kind).
CYPHER 25
MATCH (fact:Fact {memoryId: $memoryId})
WHERE fact.createdAt IS NOT NULL
WITH coalesce(fact.kind, $kindOf[fact.category]) AS kind, count(*) AS number
ORDER BY number DESC, kind
RETURN collect({kind: kind, number: number}) AS rows
