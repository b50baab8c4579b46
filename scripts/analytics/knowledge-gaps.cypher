// What is asked for and not known?
// Logged questions that nothing was found for, or whose nearest fact or message was farther away than that of three in four:
// the most often asked first. `nearest` is the mean cosine. Needs MNEMON_QUERY_LOG=text; with counts, questions have no words.
// Plot: bars question asked.
// Parameters: $memory, $since.
MATCH (query:QueryLogEntry {memoryId: $memory})
WHERE query.createdAt >= $since
WITH collect(query) AS queries, percentileCont(query.bestCosine, 0.25) AS quartile
UNWIND queries AS query
WITH query, quartile
WHERE query.status = 'empty' OR query.bestCosine <= quartile
RETURN coalesce(query.text, '(not logged)') AS question, count(*) AS asked,
       sum(CASE query.status WHEN 'empty' THEN 1 ELSE 0 END) AS empty,
       round(avg(query.bestCosine), 3) AS nearest, max(query.createdAt) AS last
ORDER BY asked DESC, empty DESC, nearest, question
LIMIT 50
