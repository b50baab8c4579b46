// Returns a page of memories in the order of their ids (see fragments/memory_summary). $after STRING (the last memory id
// of the previous page, or empty); $users, $agents LIST OF STRING (names, or beginnings followed by *; empty for all);
// $search STRING (part of a user's or agent's id in lower case, or empty); $limit INTEGER.
CYPHER 25
MATCH (memory:Memory)
WHERE memory.id > $after
  AND ($search = '' OR toLower(memory.userId) CONTAINS $search OR toLower(memory.agentId) CONTAINS $search)
  AND (size($users) = 0 OR any(p IN $users
      WHERE memory.userId = p OR (p ENDS WITH '*' AND memory.userId STARTS WITH left(p, size(p) - 1))))
  AND (size($agents) = 0 OR any(p IN $agents
      WHERE memory.agentId = p OR (p ENDS WITH '*' AND memory.agentId STARTS WITH left(p, size(p) - 1))))
WITH memory
ORDER BY memory.id
LIMIT $limit
RETURN collect(
  //> fragments/memory_summary
) AS rows
