// Returns the number of nodes that can have a vector, over all memories, as one row: number. $after STRING: only those whose
// element id follows.
CYPHER 25
MATCH (n:Fact|RawData|Entity|Insight)
WHERE elementId(n) > $after
RETURN count(n) AS number
