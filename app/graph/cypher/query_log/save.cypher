// Logs a question. $memoryId, $strategy, $status STRING; $text STRING or null; $bestCosine FLOAT or null; $degraded
// BOOLEAN; $durationMillis, $items, $rawData, $days INTEGER (until it expires).
CYPHER 25
CREATE (:QueryLogEntry {
  memoryId: $memoryId, createdAt: datetime(), expiresAt: datetime() + duration({days: $days}), strategy: $strategy,
  status: $status, degraded: $degraded, durationMillis: $durationMillis, items: $items, rawData: $rawData,
  bestCosine: $bestCosine, text: $text
})
