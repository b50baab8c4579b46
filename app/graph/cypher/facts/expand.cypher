// One hop: from facts (and, at the first hop, entities) over the entities they share to other facts. Returns a row an edge walked:
// id, text (of the fact reached), similarity (its cosine to the query), entityId, entityName, degree (facts that name
// the entity), sourceIds (the facts it came from; empty for a seed entity), bridge (the name of the entity that led here by
// SIMILAR_TO, or null).
// $memoryId STRING; $factIds LIST OF INTEGER; $entityIds LIST OF STRING; $visitedFactIds LIST OF INTEGER;
// $visitedEntityIds LIST OF STRING; $vector LIST OF FLOAT; $filter MAP (see fragments/fact_filter);
// $maxEntities, $scan, $fanOut INTEGER (entities expanded, facts looked at and facts taken an entity).
// $withText BOOLEAN: whether text is read, which takes longer than to find it.
CYPHER 25
CALL () {
  UNWIND $factIds AS factId
  MATCH (source:Fact {memoryId: $memoryId, id: factId})-[:MENTIONS]->(entity:Entity)
  RETURN entity, source.id AS sourceId, null AS bridge
  UNION ALL
  UNWIND $factIds AS factId
  MATCH (source:Fact {memoryId: $memoryId, id: factId})-[:MENTIONS]->(near:Entity)-[:SIMILAR_TO]-(entity:Entity)
  RETURN entity, source.id AS sourceId, near.name AS bridge
  UNION ALL
  UNWIND $entityIds AS entityId
  MATCH (entity:Entity {memoryId: $memoryId, id: entityId})
  RETURN entity, null AS sourceId, null AS bridge
}
WITH entity, collect(DISTINCT sourceId) AS sourceIds, collect(bridge) AS bridges, count(*) AS paths
WHERE NOT entity.id IN $visitedEntityIds
WITH entity, sourceIds, CASE WHEN size(bridges) = paths THEN bridges[0] END AS bridge,
     COUNT { (entity)<-[:MENTIONS]-() } AS degree
ORDER BY degree, entity.id
LIMIT $maxEntities
CALL (entity) {
  MATCH (entity)<-[:MENTIONS]-(fact:Fact)
  WHERE NOT fact.id IN $visitedFactIds AND
        //> fragments/fact_filter
  WITH fact
  LIMIT $scan
  WITH fact, 2 * vector.similarity.cosine(fact.embedding, $vector) - 1 AS similarity
  ORDER BY similarity DESC, fact.id
  LIMIT $fanOut
  RETURN fact, similarity
}
WITH fact.id AS id, CASE WHEN $withText THEN fact.text END AS text, similarity, entity.id AS entityId, entity.name AS entityName, degree, sourceIds, bridge
ORDER BY similarity DESC, id, entityId
RETURN collect({
  id: id, text: text, similarity: similarity, entityId: entityId, entityName: entityName, degree:
  degree, sourceIds: sourceIds, bridge: bridge
}) AS rows
