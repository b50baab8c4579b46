// Returns found (LIST of {fact, score}) as rows; the first $seeds with the ids of the entities that they mention.
UNWIND range(0, size(found) - 1) AS place
WITH place, found[place].fact AS fact, found[place].score AS score
RETURN collect({
  id: fact.id, text: CASE WHEN $withText THEN fact.text END, score: score,
  entityIds: CASE WHEN place < $seeds THEN [(fact)-[:MENTIONS]->(named:Entity) | named.id][..16] END
}) AS rows
