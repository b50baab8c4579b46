// Deletes LEAF insights that have too few facts or whose entity was merged into another. $memoryId STRING; $ids LIST OF
// INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (insight:Insight {memoryId: $memoryId, id: id, tier: 'LEAF'})
DETACH DELETE insight
RETURN count(*) AS number
