// Records that a request is being answered, unless its key was used in the last $keptHours. Returns one row:
// requestHash and answerJson (or null) of the first request with this key. $memoryId, $key, $requestHash STRING;
// $keptHours INTEGER.
CYPHER 25
MERGE (record:IdempotencyRecord {memoryId: $memoryId, key: $key})
SET record.touchedAt = datetime()
WITH record, record.createdAt IS NULL OR record.createdAt < datetime() - duration({hours: $keptHours}) AS fresh
SET record.requestHash = CASE WHEN fresh THEN $requestHash ELSE record.requestHash END,
    record.answerJson = CASE WHEN fresh THEN null ELSE record.answerJson END,
    record.createdAt = CASE WHEN fresh THEN datetime() ELSE record.createdAt END
RETURN record.requestHash AS requestHash, record.answerJson AS answerJson
