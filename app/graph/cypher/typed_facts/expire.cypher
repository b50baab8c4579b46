// Expires facts that are valid or that only a contradiction closed. $memoryId STRING; $rows LIST of {id INTEGER; by
// STRING}.
CYPHER 25
UNWIND $rows AS row
MATCH (fact:Fact {memoryId: $memoryId, id: row.id})
WHERE fact.invalidAt IS NULL OR coalesce(fact.expiredBy, 'superseded') = 'superseded'
SET fact.invalidAt = coalesce(fact.invalidAt, CASE WHEN fact.validAt > datetime() THEN fact.validAt ELSE datetime()
    END),
    fact.expiredAt = coalesce(fact.expiredAt, datetime()),
    fact.expiredBy = row.by,
    fact.updatedAt = datetime()
RETURN count(fact) AS number
