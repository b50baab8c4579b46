// Who is connected with whom, and by what?
// Subjects and objects of facts that hold now, the most connected first; `by` lists the predicates. Each direction is a row.
// Plot: bars entity+with facts.
// Parameters: $memory, $since.
MATCH (one:Entity {memoryId: $memory})-[related:RELATED]->(other:Entity)
WHERE related.invalidAt IS NULL AND related.validAt >= $since
WITH one, other, count(related) AS facts, collect(DISTINCT related.predicate)[..5] AS by
RETURN one.name AS entity, other.name AS with, facts, by
ORDER BY facts DESC, entity, with
LIMIT 50
