// Makes expired facts valid again. $memoryId STRING; $ids LIST OF INTEGER.
CYPHER 25
UNWIND $ids AS id
MATCH (fact:Fact {memoryId: $memoryId, id: id})
WHERE fact.invalidAt IS NOT NULL
SET fact.invalidAt = null,
    fact.expiredAt = null,
    fact.expiredBy = null,
    fact.updatedAt = datetime()
RETURN count(fact) AS number
