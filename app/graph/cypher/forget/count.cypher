// Returns one row with what is marked: nodes LIST of {name, number} by label, relationships LIST of {name, number} by
// type. $memoryId, $mark STRING.
CYPHER 25
CALL () {
  MATCH (
    n:FactVersion|RawData|Fact|Entity|Insight|Trace|TraceStage|ModelAnswer|IdempotencyRecord|ImportChunk|Operation
      {memoryId: $memoryId, forgotten: $mark}
  )
  WITH labels(n)[0] AS name, count(*) AS number
  ORDER BY name
  RETURN collect({name: name, number: number}) AS nodes
}
CALL () {
  MATCH (n:FactVersion|RawData|Fact|Entity|Insight|Trace|TraceStage|Operation {memoryId: $memoryId,
      forgotten: $mark})-[r]-()
  WITH DISTINCT r
  WITH type(r) AS name, count(*) AS number
  ORDER BY name
  RETURN collect({name: name, number: number}) AS relationships
}
RETURN nodes, relationships
