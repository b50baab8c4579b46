// How fast and how good are answers, day by day?
// Logged questions by day (UTC) and strategy: shares that were degraded or empty, mean results, milliseconds, and the mean
// cosine of the nearest fact or message. Needs MNEMON_QUERY_LOG; retrieval.cypher has the hops of stored traces.
// Plot: lines day p50 p95.
// Parameters: $memory, $since.
MATCH (query:QueryLogEntry {memoryId: $memory})
WHERE query.createdAt >= $since
RETURN date(query.createdAt) AS day, query.strategy AS strategy, count(*) AS questions,
       round(avg(CASE WHEN query.degraded THEN 1.0 ELSE 0.0 END), 3) AS degraded,
       round(avg(CASE query.status WHEN 'empty' THEN 1.0 ELSE 0.0 END), 3) AS empty,
       round(avg(query.items), 1) AS items, round(avg(query.bestCosine), 3) AS nearest,
       percentileDisc(query.durationMillis, 0.5) AS p50, percentileDisc(query.durationMillis, 0.95) AS p95
ORDER BY day, strategy
