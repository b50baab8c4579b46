// Returns facts by BM25: id, text, score (> 0, unbounded). $query STRING (Lucene, requires the memory's token);
// $memoryId STRING; $filter MAP (see fragments/fact_filter); $limit INTEGER; $withText BOOLEAN (reading the text takes
// longer than the search).
CYPHER 25
CALL db.index.fulltext.queryNodes('fact_text', $query) YIELD node AS fact, score
WHERE fact.memoryId = $memoryId AND
      //> fragments/fact_filter
WITH fact.id AS id, CASE WHEN $withText THEN fact.text END AS text, score
LIMIT $limit
RETURN collect({id: id, text: text, score: score}) AS rows
