// Returns the raw data nearest to a vector: id, text, score (cosine, [-1, 1]). $memoryId STRING; $vector LIST OF FLOAT; $limit INTEGER.
CYPHER 25
MATCH (raw:RawData)
SEARCH raw IN (
  VECTOR INDEX raw_data_embedding
  FOR $vector
  WHERE raw.memoryId = $memoryId
  LIMIT $limit
) SCORE AS similarity
RETURN raw.id AS id, raw.searchText AS text, 2 * similarity - 1 AS score
ORDER BY score DESC, id
