// Returns the raw data nearest to a vector: id, text, score (cosine, [-1, 1]). $memoryId STRING; $vector LIST OF FLOAT;
// $limit INTEGER; $withText BOOLEAN (reading the text takes longer than the search).
CYPHER 25
MATCH (raw:RawData)
SEARCH raw IN (
  VECTOR INDEX raw_data_embedding
  FOR $vector
  WHERE raw.memoryId = $memoryId
  LIMIT $limit
) SCORE AS similarity
WITH raw.id AS id, CASE WHEN $withText THEN raw.searchText END AS text, 2 * similarity - 1 AS score
ORDER BY score DESC, id
RETURN collect({id: id, text: text, score: score}) AS rows
