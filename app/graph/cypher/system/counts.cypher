// Returns one row with the number of nodes by label and of relationships by type in one memory: nodes, relationships.
// $memoryId STRING.
CYPHER 25
CALL () {
  MATCH (n:RawData {memoryId: $memoryId})
  RETURN 'RawData' AS label, count(*) AS number
  UNION ALL
  MATCH (n:Entity {memoryId: $memoryId})
  RETURN 'Entity' AS label, count(*) AS number
  UNION ALL
  MATCH (n:Fact {memoryId: $memoryId})
  RETURN 'Fact' AS label, count(*) AS number
  UNION ALL
  MATCH (n:Insight {memoryId: $memoryId})
  RETURN 'Insight' AS label, count(*) AS number
}
WITH collect({name: label, number: number}) AS nodes
CALL () {
  MATCH (n:RawData|Entity|Fact|Insight|Trace|TraceStage {memoryId: $memoryId})-[r]->()
  WITH type(r) AS name, count(*) AS number
  ORDER BY name
  RETURN collect({name: name, number: number}) AS relationships
}
RETURN nodes, relationships
