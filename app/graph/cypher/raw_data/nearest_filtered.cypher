// As raw_data/nearest, among the raw data that pass $filter: exact, over all of them.
// $memoryId STRING; $vector LIST OF FLOAT; $filter MAP (see fragments/raw_data_filter); $limit INTEGER.
// $withText BOOLEAN: whether text is read, which takes longer than to find it.
CYPHER 25
MATCH (raw:RawData {memoryId: $memoryId})
WHERE raw.occurredAt IS NOT NULL AND raw.embedding IS NOT NULL AND
      //> fragments/raw_data_filter
WITH raw, 2 * vector.similarity.cosine(raw.embedding, $vector) - 1 AS score
WITH raw.id AS id, CASE WHEN $withText THEN raw.searchText END AS text, score
ORDER BY score DESC, id
LIMIT $limit
RETURN collect({id: id, text: text, score: score}) AS rows
