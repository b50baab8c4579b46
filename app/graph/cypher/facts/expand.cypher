// One hop from entities, and from entities linked to them by SAME_AS or SIMILAR_TO, to the facts that mention them.
// Returns one row: entities LIST of {id, name, degree (facts that mention it), sources (raw data of those facts, at
// most 400; 0 unless $countSources), factIds, similar LIST of {id, score, relationship}} and facts LIST of {id,
// similarity (cosine to $vector), entities (id and degree of each), rawDataIds, text}. $memoryId STRING; $entityIds,
// $visitedIds LIST OF STRING; $vector LIST OF FLOAT; $nearIds LIST OF INTEGER (facts near the question: of an entity with
// more than $scan facts, those are scanned whatever their place); $filter MAP (see fragments/fact_filter);
// $maxEntities, $scan, $fanOut, $maxFacts INTEGER (entities expanded; facts scanned and facts kept per entity; facts in
// all); $countSources BOOLEAN; $withText BOOLEAN (reading the text takes longer than the search).
CYPHER 25
CALL () {
  UNWIND $entityIds AS entityId
  MATCH (entity:Entity {memoryId: $memoryId, id: entityId})
  RETURN entity
  UNION
  UNWIND $entityIds AS entityId
  MATCH (:Entity {memoryId: $memoryId, id: entityId})-[:SIMILAR_TO|SAME_AS]-(entity:Entity)
  WHERE NOT entity.id IN $visitedIds
  RETURN entity
}
WITH entity, COUNT { (entity)<-[:MENTIONS]-() } AS degree
ORDER BY degree, entity.id
LIMIT $maxEntities
WITH collect({entity: entity, degree: degree}) AS expanded
CALL (expanded) {
  UNWIND CASE WHEN any(one IN expanded WHERE one.degree > $scan) THEN $nearIds ELSE [] END AS nearId
  MATCH (fact:Fact {memoryId: $memoryId, id: nearId})
  WHERE
        //> fragments/fact_filter
  RETURN collect({fact: fact, named: [(fact)-[:MENTIONS]->(named:Entity) | named.id]}) AS near
}
UNWIND expanded AS one
WITH one.entity AS entity, one.degree AS degree,
     CASE WHEN one.degree > $scan THEN [n IN near WHERE one.entity.id IN n.named | n.fact] ELSE [] END AS near
CALL (entity, near) {
  CALL (entity, near) {
    MATCH (entity)<-[:MENTIONS]-(fact:Fact)
    WHERE
          //> fragments/fact_filter
    RETURN fact
    LIMIT $scan
    UNION
    UNWIND near AS fact
    RETURN fact
  }
  WITH fact, 2 * vector.similarity.cosine(fact.embedding, $vector) - 1 AS similarity
  ORDER BY similarity DESC, fact.id
  LIMIT $fanOut
  RETURN collect({fact: fact, similarity: similarity}) AS reached
}
CALL (entity) {
  MATCH (entity)-[similar:SIMILAR_TO|SAME_AS]-(other:Entity)
  WITH other, max(CASE type(similar) WHEN 'SAME_AS' THEN 1.0 ELSE similar.score END) AS score,
       CASE WHEN 'SAME_AS' IN collect(type(similar)) THEN 'SAME_AS' ELSE 'SIMILAR_TO' END AS relationship
  ORDER BY relationship, score DESC, other.id
  LIMIT 8
  RETURN collect({id: other.id, score: score, relationship: relationship}) AS similar
}
CALL (entity) {
  UNWIND CASE WHEN $countSources THEN [true] ELSE [] END AS counted
  MATCH (entity)<-[:MENTIONS]-(:Fact)-[:EXTRACTED_FROM]->(raw:RawData)
  WITH raw
  LIMIT 400
  RETURN count(DISTINCT raw) AS sources
}
WITH collect({
  id: entity.id, name: entity.name, degree: degree, sources: sources, factIds: [r IN reached | r.fact.id],
  similar: similar
}) AS entities, collect(reached) AS lists
CALL (lists) {
  UNWIND lists AS list
  UNWIND list AS reached
  WITH reached.fact AS fact, max(reached.similarity) AS similarity
  ORDER BY similarity DESC, fact.id
  LIMIT $maxFacts
  RETURN collect({
    id: fact.id, similarity: similarity, text: CASE WHEN $withText THEN fact.text END,
    entities: [(fact)-[:MENTIONS]->(named:Entity) | [named.id, named.mentionCount]][..16],
    rawDataIds: [(fact)-[:EXTRACTED_FROM]->(raw:RawData) | raw.id][..16]
  }) AS facts
}
RETURN entities, facts
