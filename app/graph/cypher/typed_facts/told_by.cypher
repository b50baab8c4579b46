// Returns the fact id for each evidence span, in the order of the rows; 0 if not stored yet. $memoryId STRING; $rows
// LIST of {rawDataId, contentHash STRING (breaks ties if a span supports several facts); start, end INTEGER}.
CYPHER 25
UNWIND range(0, size($rows) - 1) AS position
WITH position, $rows[position] AS row
OPTIONAL MATCH (fact:Fact {memoryId: $memoryId})-[:EXTRACTED_FROM {start: row.start,
    end: row.end}]->(:RawData {memoryId: $memoryId, id: row.rawDataId})
WITH position, row, fact
ORDER BY position, CASE WHEN fact.contentHash = row.contentHash THEN 0 ELSE 1 END, fact.createdAt DESC
WITH position, collect(fact.id) AS ids
ORDER BY position
RETURN collect(coalesce(head(ids), 0)) AS rows
