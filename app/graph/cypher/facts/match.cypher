// Returns facts by BM25: id, text, score (> 0, unbounded). $query STRING (Lucene, names the memory); $memoryId STRING;
// $filter MAP (see fragments/fact_filter); $limit INTEGER.
CYPHER 25
CALL db.index.fulltext.queryNodes('fact_text', $query) YIELD node AS fact, score
WHERE fact.memoryId = $memoryId AND
      //> fragments/fact_filter
RETURN fact.id AS id, fact.text AS text, score
LIMIT $limit
