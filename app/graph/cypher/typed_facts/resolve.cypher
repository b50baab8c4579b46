// Records how contradictions were resolved. $memoryId STRING; $rows LIST of {newer, older INTEGER; resolution STRING}.
CYPHER 25
UNWIND $rows AS row
MATCH (:Fact {memoryId: $memoryId, id: row.newer})-[edge:SUPERSEDES|CONFLICTS_WITH]->(:Fact {memoryId: $memoryId, id: row.older})
SET edge.resolution = row.resolution,
    edge.resolvedAt = datetime()
RETURN count(edge) AS number
