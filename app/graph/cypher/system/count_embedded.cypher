// Returns the number of nodes that can have a vector, over all memories, as one row: number.
CYPHER 25
MATCH (n:Fact|RawData|Entity|Insight)
RETURN count(n) AS number
