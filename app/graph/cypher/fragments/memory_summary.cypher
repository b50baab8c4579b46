// Summary of `memory`: ids, counts (rawData, facts, entities), firstAt and lastAt (when its first and last raw data
// happened, DATETIME or null).
{
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
}
