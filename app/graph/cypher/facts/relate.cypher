// Makes the RELATED edges between subject and object anew for these facts, as the facts are now: {memoryId, factId,
// predicate, validAt, invalidAt}. $memoryId STRING; $rows LIST of {contentHash STRING or null, id INTEGER or null}
// (one of them).
CYPHER 25
UNWIND $rows AS row
CALL (row) {
  MATCH (fact:Fact {memoryId: $memoryId, contentHash: row.contentHash})
  RETURN fact
  UNION
  MATCH (fact:Fact {memoryId: $memoryId, id: row.id})
  RETURN fact
}
WITH DISTINCT fact
CALL (fact) {
  MATCH ()-[before:RELATED {memoryId: $memoryId, factId: fact.id}]->()
  DELETE before
}
CALL (fact) {
  MATCH (subject:Entity)<-[:MENTIONS {role: 'subject'}]-(fact)-[:MENTIONS {role: 'object'}]->(object:Entity)
  WHERE fact.predicate IS NOT NULL
  CREATE (subject)-[:RELATED {
    memoryId: $memoryId, factId: fact.id, predicate: replace(fact.predicate, '_', ' '), validAt: fact.validAt,
    invalidAt: fact.invalidAt
  }]->(object)
}
RETURN count(*) AS number
