// Returns the facts that were stored and not expired at an instant, with their text at that time, newest first, as one
// row: total INTEGER and found LIST (see fragments/memory_columns). $memoryId STRING; $at DATETIME; $kinds, $tags LIST
// OF STRING or null; $kindOf MAP; $limit INTEGER.
CYPHER 25
MATCH (fact:Fact {memoryId: $memoryId})
WHERE fact.createdAt <= $at AND (fact.invalidAt IS NULL OR coalesce(fact.expiredAt, fact.invalidAt) > $at)
CALL (fact) {
  OPTIONAL MATCH (fact)-[:HAD_VERSION]->(version:FactVersion)
  WHERE version.until > $at
  RETURN version
  ORDER BY version.until
  LIMIT 1
}
WITH fact, version
WHERE ($kinds IS NULL OR coalesce(version.kind, fact.kind, $kindOf[fact.category]) IN $kinds)
      AND ($tags IS NULL OR any(tag IN coalesce(version.tags, fact.tags, []) WHERE tag IN $tags))
ORDER BY fact.createdAt DESC, fact.id DESC
WITH collect([fact, version]) AS pairs
CALL (pairs) {
  UNWIND pairs[..$limit] AS pair
  WITH pair[0] AS fact, pair[1] AS version
  RETURN collect(
    //> fragments/memory_columns
  ) AS found
}
RETURN size(pairs) AS total, found
