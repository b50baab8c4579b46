// Logs a question, unless the memory holds nothing or was asked to forget since the question came. Repeating it changes
// nothing. $memoryId, $id, $strategy, $status STRING; $text STRING or null; $askedAt DATETIME; $bestCosine FLOAT or null;
// $degraded BOOLEAN; $durationMillis, $items, $rawData, $days INTEGER (until it expires).
CYPHER 25
MATCH (:Memory {id: $memoryId})
WHERE NOT EXISTS {
  MATCH (forgetting:Operation {memoryId: $memoryId})
  // The first two conditions make the planner use the queue's index.
  WHERE forgetting.status IN ['accepted', 'running', 'succeeded', 'failed'] AND forgetting.number IS NOT NULL
        AND forgetting.kind = 'forget' AND (forgetting.createdAt >= $askedAt OR forgetting.finishedAt >= $askedAt)
}
MERGE (query:QueryLogEntry {memoryId: $memoryId, createdAt: $askedAt, id: $id})
SET query.expiresAt = $askedAt + duration({days: $days}),
    query.strategy = $strategy,
    query.status = $status,
    query.degraded = $degraded,
    query.durationMillis = $durationMillis,
    query.items = $items,
    query.rawData = $rawData,
    query.bestCosine = $bestCosine,
    query.text = $text
