// Stores a retrieval's trace: its stages in order, each linked to what it reached, so that Neo4j Browser can draw the
// walk. Also deletes up to 50 expired traces of the memory. Returns one row (id). $memoryId, $id, $query, $strategy,
// $status, $traceJson STRING; $days INTEGER (until it expires); $stages LIST of {number INTEGER, name, method STRING,
// hop INTEGER or null, durationMillis INTEGER, reached LIST of {factId INTEGER or null, rawDataId, entityId STRING or
// null, rank INTEGER, score FLOAT, via STRING or null}}.
CYPHER 25
CALL () {
  MATCH (old:Trace {memoryId: $memoryId})
  WHERE old.expiresAt < datetime()
  WITH old
  LIMIT 50
  OPTIONAL MATCH (old)-[:STAGE]->(stage:TraceStage)
  DETACH DELETE old, stage
}
CREATE (trace:Trace {
  memoryId: $memoryId, id: $id, query: $query, strategy: $strategy, status: $status, traceJson: $traceJson,
  createdAt: datetime(), expiresAt: datetime() + duration({days: $days})
})
WITH trace
CALL (trace) {
  UNWIND $stages AS row
  CREATE (trace)-[:STAGE {number: row.number}]->(stage:TraceStage {
    memoryId: $memoryId, traceId: $id, number: row.number, name: row.name, method: row.method, hop: row.hop,
    durationMillis: row.durationMillis
  })
  WITH stage, row
  UNWIND row.reached AS reached
  CALL (reached) {
    MATCH (node:Fact {memoryId: $memoryId, id: reached.factId})
    RETURN node
    UNION
    MATCH (node:RawData {memoryId: $memoryId, id: reached.rawDataId})
    RETURN node
    UNION
    MATCH (node:Entity {memoryId: $memoryId, id: reached.entityId})
    RETURN node
  }
  CREATE (stage)-[:REACHED {rank: reached.rank, score: reached.score, via: reached.via}]->(node)
}
RETURN trace.id AS id
