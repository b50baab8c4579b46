// Returns raw data by BM25: id, text, score (> 0, unbounded). $query STRING (Lucene, requires the memory's token);
// $memoryId STRING; $filter MAP (see fragments/raw_data_filter); $limit INTEGER; $withText BOOLEAN (reading the text
// takes longer than the search).
CYPHER 25
CALL db.index.fulltext.queryNodes('raw_data_text', $query) YIELD node AS raw, score
WHERE raw.memoryId = $memoryId AND
      //> fragments/raw_data_filter
WITH raw.id AS id, CASE WHEN $withText THEN raw.searchText END AS text, score
LIMIT $limit
RETURN collect({id: id, text: text, score: score}) AS rows
