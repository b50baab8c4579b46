// Like raw_data/nearest, but exact, over all raw data that pass $filter. $memoryId STRING; $vector LIST OF FLOAT;
// $filter MAP (see fragments/raw_data_filter); $limit INTEGER; $withText BOOLEAN (reading the text takes longer than
// the search).
CYPHER 25
MATCH (raw:RawData {memoryId: $memoryId})
WHERE raw.occurredAt IS NOT NULL AND raw.embedding IS NOT NULL AND
      //> fragments/raw_data_filter
WITH raw, 2 * vector.similarity.cosine(raw.embedding, $vector) - 1 AS score
WITH raw.id AS id, CASE WHEN $withText THEN raw.searchText END AS text, score
ORDER BY score DESC, id
LIMIT $limit
RETURN collect({id: id, text: text, score: score}) AS rows
