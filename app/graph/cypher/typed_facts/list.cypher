// Returns the newest facts that pass $filter (see fragments/fact_filter), as one row: total INTEGER and found LIST (see
// fragments/memory_columns). $memoryId STRING; $filter, $kindOf MAP; $limit INTEGER.
CYPHER 25
CALL () {
  MATCH (fact:Fact {memoryId: $memoryId})
  WHERE fact.createdAt IS NOT NULL AND
      //> fragments/fact_filter
  RETURN count(fact) AS total
}
CALL () {
  MATCH (fact:Fact {memoryId: $memoryId})
  WHERE fact.createdAt IS NOT NULL AND
      //> fragments/fact_filter
  WITH fact, null AS version
  ORDER BY fact.createdAt DESC, fact.id DESC
  LIMIT $limit
  RETURN collect(
    //> fragments/memory_columns
  ) AS found
}
RETURN total, found
