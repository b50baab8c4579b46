// Returns facts by id, in the order of the ids (see fragments/memory_columns). $memoryId STRING; $ids LIST OF INTEGER;
// $kindOf MAP.
CYPHER 25
UNWIND range(0, size($ids) - 1) AS position
MATCH (fact:Fact {memoryId: $memoryId, id: $ids[position]})
WITH fact, position, null AS version
ORDER BY position
RETURN collect(
  //> fragments/memory_columns
) AS rows
