// Returns a page of insights for a bundle, ordered LEAF, BRANCH, ROOT, so that sources come first. derivedFrom LIST of
// {factId INTEGER, externalId, insightId INTEGER}. $memoryId, $after STRING (the last id of the previous page);
// $afterRank, $limit INTEGER; $withEmbeddings BOOLEAN.
CYPHER 25
MATCH (insight:Insight {memoryId: $memoryId})
WITH insight, coalesce(insight.externalId, toString(insight.id)) AS id, CASE insight.tier WHEN 'LEAF'
    THEN 0 WHEN 'BRANCH' THEN 1 ELSE 2 END AS rank
WHERE rank > $afterRank OR (rank = $afterRank AND id > $after)
ORDER BY rank, id
LIMIT $limit
OPTIONAL MATCH (entity:Entity {memoryId: $memoryId, key: insight.entityKey})
CALL (insight) {
  MATCH (insight)-[derived:DERIVED_FROM]->(source:Fact|Insight)
  WITH derived, source
  ORDER BY derived.point
  RETURN collect({
    factId: CASE WHEN source:Fact THEN source.id END, externalId: source.externalId,
    insightId: CASE WHEN source:Insight THEN source.id END
  }) AS derivedFrom
}
WITH insight, id, rank, entity, derivedFrom
ORDER BY rank, id
RETURN collect({
  id: id, rank: rank, tier: insight.tier, name: insight.name, text: insight.text, version: insight.version,
  entity: entity.name, createdAt: insight.createdAt, derivedFrom: derivedFrom,
  embedding: CASE WHEN $withEmbeddings THEN insight.embedding END
}) AS rows
