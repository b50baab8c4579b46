// Returns one row, a memory's summary (see fragments/memory_summary), or none. $memoryId STRING.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
RETURN
  //> fragments/memory_summary
  AS summary
