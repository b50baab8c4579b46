// How many facts name an entity and how many sources a fact has were counted before all of them were there.
MATCH (entity:Entity)
CALL (entity) {
  SET entity.mentionCount = COUNT { (entity)<-[:MENTIONS]-() }
} IN TRANSACTIONS OF 1000 ROWS;

MATCH (fact:Fact)
CALL (fact) {
  SET fact.evidenceCount = COUNT { (fact)-[:EXTRACTED_FROM]->() }
} IN TRANSACTIONS OF 1000 ROWS;
