// Returns facts created, updated or deleted after an instant, the last change first, as one row: total INTEGER and
// found LIST (see fragments/memory_columns; with changeType; a deleted fact has only its id and times). $memoryId
// STRING; $since DATETIME; $filter, $kindOf MAP (see fragments/fact_filter); $deleted BOOLEAN (deletions too); $limit
// INTEGER.
CYPHER 25
CALL () {
  MATCH (fact:Fact {memoryId: $memoryId})
  WHERE fact.createdAt IS NOT NULL AND (fact.createdAt > $since OR fact.updatedAt > $since) AND
      //> fragments/fact_filter
  WITH fact, null AS version
  RETURN CASE WHEN fact.updatedAt > fact.createdAt THEN fact.updatedAt ELSE fact.createdAt END AS at, fact.id AS id,
    CASE WHEN fact.createdAt > $since THEN 'created' ELSE 'updated' END AS changeType,
    //> fragments/memory_columns
    AS row
  UNION
  MATCH (gone:DeletedFact {memoryId: $memoryId})
  WHERE $deleted AND gone.id IS NOT NULL AND gone.deletedAt > $since AND NOT EXISTS { (:Fact {memoryId: $memoryId, id: gone.id}) }
  RETURN gone.deletedAt AS at, gone.id AS id, 'deleted' AS changeType,
         {id: gone.id, content: '', kind: 'fact', createdAt: gone.createdAt, updatedAt: gone.deletedAt} AS row
}
WITH at, id, changeType, row
ORDER BY at DESC, id DESC
WITH collect({changeType: changeType, row: row}) AS rows
RETURN size(rows) AS total, rows[..$limit] AS found
