// Returns one row: entities LIST of {id, name, entityType, mentions}, the most often mentioned; edges LIST of {source,
// target, facts, predicates}: pairs of them that facts mention together, with the number of facts, and the predicates of
// facts that hold between the two. $memoryId STRING; $limit, $edges INTEGER.
CYPHER 25
MATCH (entity:Entity {memoryId: $memoryId})
// True for every entity; makes the planner use the index on memoryId and id.
WHERE entity.id IS NOT NULL
WITH entity
ORDER BY coalesce(entity.mentionCount, 0) DESC, entity.id
LIMIT $limit
WITH collect(entity) AS entities
CALL (entities) {
  UNWIND entities AS entity
  MATCH (entity)<-[:MENTIONS]-(fact:Fact)
  WITH fact, entity
  ORDER BY coalesce(entity.mentionCount, 0) DESC, entity.id
  WITH fact, collect(DISTINCT entity)[..20] AS named
  WHERE size(named) > 1
  UNWIND named AS one
  UNWIND named AS other
  WITH one, other
  WHERE one.id < other.id
  WITH one, other, count(*) AS facts
  ORDER BY facts DESC, one.id, other.id
  LIMIT $edges
  RETURN collect({source: one.id, target: other.id, facts: facts, predicates: COLLECT {
      MATCH (one)-[related:RELATED]-(other)
      WHERE related.invalidAt IS NULL
      RETURN DISTINCT related.predicate AS predicate
      ORDER BY predicate
      LIMIT 5
    }}) AS edges
}
RETURN [e IN entities | {id: e.id, name: e.name, entityType: e.entityType,
    mentions: coalesce(e.mentionCount, 0)}] AS entities, edges
