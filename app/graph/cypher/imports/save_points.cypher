// Replaces the sources of a bundle's insights. $memoryId STRING; $rows LIST of {id INTEGER, points LIST of {point
// INTEGER, factId INTEGER or null, insightId INTEGER or null}}.
CYPHER 25
UNWIND $rows AS row
MATCH (insight:Insight {memoryId: $memoryId, id: row.id})
CALL (insight) {
  MATCH (insight)-[derived:DERIVED_FROM]->()
  DELETE derived
}
CALL (insight, row) {
  UNWIND row.points AS point
  CALL (point) {
    MATCH (source:Fact {memoryId: $memoryId, id: point.factId})
    RETURN source
    UNION
    MATCH (source:Insight {memoryId: $memoryId, id: point.insightId})
    RETURN source
  }
  CREATE (insight)-[:DERIVED_FROM {point: point.point}]->(source)
}
RETURN count(*) AS number
