// Counts marked nodes by label and their relationships by type. Returns one row: nodes LIST of {name, number},
// relationships LIST of {name, number}. $memoryId, $mark STRING.
CYPHER 25
CALL () {
  MATCH (
    n:FactVersion|RawData|Fact|Entity|Insight|Trace|TraceStage|QueryLogEntry|ModelAnswer|IdempotencyRecord|ImportChunk|
      Operation
      {memoryId: $memoryId, forgotten: $mark}
  )
  WITH CASE WHEN n:Entity THEN 'Entity' ELSE labels(n)[0] END AS name, count(*) AS number
  ORDER BY name
  RETURN collect({name: name, number: number}) AS nodes
}
CALL () {
  CALL () {
    MATCH (n:FactVersion|RawData|Fact|Entity|Insight|Trace|TraceStage|Operation {memoryId: $memoryId,
        forgotten: $mark})-[r]-()
    RETURN r
    UNION
    MATCH (fact:Fact {memoryId: $memoryId, forgotten: $mark})
    MATCH ()-[r:RELATED {memoryId: $memoryId, factId: fact.id}]->()
    RETURN r
  }
  WITH DISTINCT r
  WITH type(r) AS name, count(*) AS number
  ORDER BY name
  RETURN collect({name: name, number: number}) AS relationships
}
RETURN nodes, relationships
