// Returns raw data by BM25: id, text, score (> 0, unbounded). $query STRING (Lucene, names the memory); $memoryId STRING;
// $filter MAP (see fragments/raw_data_filter); $limit INTEGER.
CYPHER 25
CALL db.index.fulltext.queryNodes('raw_data_text', $query) YIELD node AS raw, score
WHERE raw.memoryId = $memoryId AND
      //> fragments/raw_data_filter
RETURN raw.id AS id, raw.searchText AS text, score
LIMIT $limit
