// Is every statement backed by words that were said?
// Facts with a source whose quote stands in it at the place it names; insights whose facts have one. `share` should be 1.
// Plot: bars kind number backed.
// Parameters: $memory, $since.
CALL () {
  MATCH (fact:Fact {memoryId: $memory})
  WHERE fact.createdAt >= $since
  RETURN 'facts' AS kind, EXISTS {
    (fact)-[evidence:EXTRACTED_FROM]->(raw:RawData)
    WHERE substring(raw.text, evidence.start, evidence.end - evidence.start) = evidence.quote
  } AS backed
  UNION ALL
  MATCH (insight:Insight {memoryId: $memory})
  RETURN 'insights' AS kind, EXISTS { (insight)-[:DERIVED_FROM]->{1,3}(:Fact)-[:EXTRACTED_FROM]->(:RawData) } AS backed
}
WITH kind, count(*) AS number, sum(CASE WHEN backed THEN 1 ELSE 0 END) AS backed
RETURN kind, number, backed, round(1.0 * backed / number, 4) AS share
ORDER BY kind
