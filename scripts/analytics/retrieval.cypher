// How fast and how good are the stored retrievals?
// Of retrievals with persistTrace, by strategy: hops that were walked, shares that were degraded or empty, milliseconds.
// Plot: bars strategy p50 p95.
// Parameters: $memory, $since.
MATCH (trace:Trace {memoryId: $memory})
WHERE trace.createdAt >= $since
CALL (trace) {
  OPTIONAL MATCH (trace)-[:STAGE]->(stage:TraceStage)
  RETURN coalesce(max(stage.hop), 0) AS hops, sum(stage.durationMillis) AS millis
}
RETURN trace.strategy AS strategy, count(*) AS retrievals, round(avg(hops), 2) AS hops,
       round(avg(CASE trace.status WHEN 'degraded' THEN 1.0 ELSE 0.0 END), 3) AS degraded,
       round(avg(CASE trace.status WHEN 'empty' THEN 1.0 ELSE 0.0 END), 3) AS empty,
       percentileDisc(millis, 0.5) AS p50, percentileDisc(millis, 0.95) AS p95
ORDER BY strategy
