// Returns a page of memories in the order of their ids, with counts: userId, agentId, rawData, facts, entities,
// firstAt, lastAt (when its first and last raw data happened, DATETIME or null). $after STRING (the last memory id of the previous page, or empty);
// $users, $agents LIST OF STRING (names, or beginnings followed by *; empty for all); $search STRING (part of a user's or
// agent's id in lower case, or empty); $limit INTEGER.
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
RETURN collect({
  userId: memory.userId, agentId: memory.agentId,
  // A condition on the second property too, or no index is used.
  rawData: COUNT { MATCH (n:RawData {memoryId: memory.id}) WHERE n.id IS NOT NULL },
  facts: COUNT { MATCH (n:Fact {memoryId: memory.id}) WHERE n.id IS NOT NULL },
  entities: COUNT { MATCH (n:Entity {memoryId: memory.id}) WHERE n.id IS NOT NULL },
  firstAt: head(COLLECT {
    MATCH (n:RawData {memoryId: memory.id})
    WHERE n.occurredAt IS NOT NULL
    RETURN n.occurredAt
    ORDER BY n.occurredAt
    LIMIT 1
  }),
  lastAt: head(COLLECT {
    MATCH (n:RawData {memoryId: memory.id})
    WHERE n.occurredAt IS NOT NULL
    RETURN n.occurredAt
    ORDER BY n.occurredAt DESC
    LIMIT 1
  })
}) AS rows
