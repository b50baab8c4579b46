// Returns one row: number, of the nodes that carry a vector, over all memories.
CYPHER 25
MATCH (n:Fact|RawData|Entity|Insight)
RETURN count(n) AS number
