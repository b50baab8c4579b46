// How fast does the memory take in what it is sent?
// Operations that stored messages, by the day on which they ended (UTC; operations are kept for 30 days): milliseconds from
// the request to the end (median, 95th percentile), and messages a second while they were worked on.
// Plot: lines day persecond.
// Parameters: $memory, $since.
MATCH (operation:Operation {memoryId: $memory})
WHERE operation.createdAt >= $since AND operation.status = 'succeeded' AND operation.progressTotal > 0
WITH date(operation.finishedAt) AS day, operation,
     duration.inSeconds(operation.startedAt, operation.finishedAt).milliseconds AS worked,
     duration.inSeconds(operation.createdAt, operation.finishedAt).milliseconds AS waited
RETURN day, count(*) AS operations, sum(operation.progressTotal) AS messages,
       percentileDisc(waited, 0.5) AS p50, percentileDisc(waited, 0.95) AS p95,
       round(1000.0 * sum(operation.progressTotal) / CASE WHEN sum(worked) > 0 THEN sum(worked) ELSE 1 END, 2) AS persecond
ORDER BY day
