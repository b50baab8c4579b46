// Returns raw data by BM25: id, text, score (> 0, unbounded). $query STRING (Lucene, names the memory); $memoryId
// STRING; $filter MAP (see fragments/raw_data_filter); $limit INTEGER. $withText BOOLEAN: whether text is read, which
// takes longer than to find it.
CYPHER 25
CALL db.index.fulltext.queryNodes('raw_data_text', $query) YIELD node AS raw, score
WHERE raw.memoryId = $memoryId AND
      //> fragments/raw_data_filter
WITH raw.id AS id, CASE WHEN $withText THEN raw.searchText END AS text, score
LIMIT $limit
RETURN collect({id: id, text: text, score: score}) AS rows
