// Returns raw data's features for ranking: id, passes ($filter, see fragments/raw_data_filter), previous and next
// (neighbouring messages), asks (a message that hardly says more than a question), byAssistant (an assistant without a name
// said it), at (a message's time in seconds since 1970; null for other types), vector. $memoryId STRING; $ids LIST OF
// STRING; $filter MAP; $dimension INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
RETURN collect({
  id: raw.id,
  passes: coalesce(
    //> fragments/raw_data_filter
    , false),
  previous: head([(before:RawData)-[:NEXT]->(raw) | before.id]),
  next: head([(raw)-[:NEXT]->(after:RawData) | after.id]),
  asks: raw.type = 'CONVERSATION' AND size(raw.text) <= 120 AND (raw.text CONTAINS '?' OR raw.text CONTAINS '？'
    OR raw.text CONTAINS '؟'),
  byAssistant: raw.type = 'CONVERSATION' AND coalesce(raw.role, '') = 'ASSISTANT' AND raw.userName IS NULL,
  at: CASE WHEN raw.type = 'CONVERSATION' THEN raw.occurredAt.epochMillis / 1000.0 END,
  vector: CASE WHEN raw.embedding IS NOT NULL THEN vector(raw.embedding, $dimension, FLOAT32) END
}) AS rows
