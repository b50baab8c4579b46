// Returns a page of raw data for a bundle, ordered by sequence: their columns, and previous (id of the preceding
// message). $memoryId, $afterId STRING; $afterSequence, $limit INTEGER; $withEmbeddings BOOLEAN.
CYPHER 25
MATCH (raw:RawData {memoryId: $memoryId})
WHERE raw.id IS NOT NULL AND (raw.sequence > $afterSequence OR (raw.sequence = $afterSequence AND raw.id > $afterId))
WITH raw
ORDER BY raw.sequence, raw.id
LIMIT $limit
OPTIONAL MATCH (previous:RawData)-[:NEXT]->(raw)
WITH raw, head(collect(previous.id)) AS previous
ORDER BY raw.sequence, raw.id
RETURN collect({
  id: raw.id, type: raw.type, role: raw.role, userName: raw.userName, title: raw.title, text: raw.text,
  caption: raw.caption, windowCaption: raw.windowCaption, sourceClient: raw.sourceClient, contentId: raw.contentId,
  metadataJson: raw.metadataJson,
  mediaJson: raw.mediaJson, occurredAt: raw.occurredAt, utcOffsetSeconds: raw.utcOffsetSeconds, endedAt: raw.endedAt,
  createdAt: raw.createdAt, sequence: raw.sequence, previous: previous,
  embedding: CASE WHEN $withEmbeddings THEN raw.embedding END
}) AS rows
