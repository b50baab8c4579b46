// What does each person talk about, month by month?
// The entities that most of a speaker's facts of a month mention, besides the speaker.
// Parameters: $memory, $since.
MATCH (raw:RawData {memoryId: $memory})<-[:EXTRACTED_FROM]-(fact:Fact)-[:MENTIONS]->(entity:Entity)
WHERE raw.userName IS NOT NULL AND raw.occurredAt >= $since AND toLower(entity.name) <> toLower(raw.userName)
WITH raw.userName AS speaker, date.truncate('month', raw.occurredAt) AS month, entity, count(DISTINCT fact) AS facts
ORDER BY facts DESC, entity.name
WITH speaker, month, collect(entity.name + ' (' + facts + ')')[..5] AS topics
RETURN speaker, month, topics
ORDER BY speaker, month
