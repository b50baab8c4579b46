// The source client is a metadata term too, so that a metadata filter on sourceClient finds what it brought.
MATCH (raw:RawData)
WHERE raw.sourceClient IS NOT NULL
CALL (raw) {
  WITH raw, coalesce(raw.metadataTerms, []) AS terms, '"sourceClient":' + raw.sourceClient AS term
  SET raw.metadataTerms = CASE WHEN term IN terms THEN terms ELSE terms + [term] END
} IN TRANSACTIONS OF 1000 ROWS;

MATCH (fact:Fact)
CALL (fact) {
  MATCH (fact)-[:EXTRACTED_FROM]->(raw:RawData)
  WITH fact, coalesce(fact.metadataTerms, []) AS terms, collect(DISTINCT '"sourceClient":' + raw.sourceClient) AS sources
  SET fact.metadataTerms = terms + [term IN sources WHERE NOT term IN terms]
} IN TRANSACTIONS OF 1000 ROWS;
