// Which entities may be the same?
// Pairs with similar names that nobody has merged or split; `common` counts the entities that facts mention with both.
// Plot: bars entity+other similarity.
// Parameters: $memory.
MATCH (one:Entity {memoryId: $memory})-[similar:SIMILAR_TO]->(other:Entity)
WHERE NOT (one)-[:SAME_AS]-(other) AND NOT other.key IN coalesce(one.splitFrom, [])
WITH one, other, similar
ORDER BY similar.score DESC, one.name
LIMIT 50
CALL (one) {
  OPTIONAL MATCH (one)<-[:MENTIONS]-(:Fact)-[:MENTIONS]->(beside:Entity)
  RETURN collect(DISTINCT beside) AS around
}
CALL (other, around) {
  OPTIONAL MATCH (other)<-[:MENTIONS]-(:Fact)-[:MENTIONS]->(common:Entity)
  WHERE common IN around
  RETURN count(DISTINCT common) AS common
}
RETURN one.name AS entity, other.name AS other, one.entityType AS type, round(similar.score, 3) AS similarity, common
ORDER BY similarity DESC, common DESC, entity
