// From facts to the words that they were read from, and what was said next
MATCH path = (entity:Entity)<-[:MENTIONS]-(fact:Fact {memoryId: $memory})-[:EXTRACTED_FROM]->(raw:RawData)
WHERE fact.text CONTAINS 'Halcyon'
OPTIONAL MATCH next = (raw)-[:NEXT]->(:RawData)
RETURN path, next
LIMIT 25
