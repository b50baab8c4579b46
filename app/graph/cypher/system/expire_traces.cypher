// Deletes expired traces and their stages.
CYPHER 25
MATCH (trace:Trace)
WHERE trace.expiresAt < datetime()
CALL (trace) {
  OPTIONAL MATCH (trace)-[:STAGE]->(stage:TraceStage)
  DETACH DELETE trace, stage
} IN TRANSACTIONS OF 100 ROWS
RETURN count(*) AS number
