// Returns one row, a fact with all that explains it, or none: its columns; sources LIST of {rawDataId, type, role,
// speaker, title, text, quote, start, end, occurredAt}; entities LIST of {id, name, entityType, role}; supersedes,
// supersededBy, conflictsWith, causes LIST of {id, text, observedAt, invalidAt}; versions LIST of {text, until};
// insights LIST of {id, text, tier}. $memoryId STRING; $id INTEGER.
CYPHER 25
MATCH (fact:Fact {memoryId: $memoryId, id: $id})
RETURN fact.id AS id, fact.text AS text, fact.category AS category, fact.type AS type, fact.subject AS subject,
       fact.predicate AS predicate, fact.object AS object, fact.confidence AS confidence,
       fact.occurredAt AS occurredAt, fact.observedAt AS observedAt, fact.validAt AS validAt,
       fact.invalidAt AS invalidAt, fact.createdAt AS createdAt,
       COLLECT {
         MATCH (fact)-[evidence:EXTRACTED_FROM]->(raw:RawData)
         RETURN {rawDataId: raw.id, type: raw.type, role: raw.role, speaker: raw.userName, title: raw.title,
             text: raw.text, quote: evidence.quote, start: evidence.start, end: evidence.end,
             occurredAt: raw.occurredAt}
         ORDER BY raw.sequence, evidence.start
         LIMIT 20
       } AS sources,
       COLLECT {
         MATCH (fact)-[mention:MENTIONS]->(entity:Entity)
         RETURN {id: entity.id, name: entity.name, entityType: entity.entityType, role: mention.role}
         ORDER BY mention.role, entity.name
         LIMIT 50
       } AS entities,
       COLLECT {
         MATCH (fact)-[:SUPERSEDES]->(o:Fact)
         RETURN {id: o.id, text: o.text, observedAt: o.observedAt, invalidAt: o.invalidAt} ORDER BY o.id LIMIT 20
       } AS supersedes,
       COLLECT {
         MATCH (fact)<-[:SUPERSEDES]-(o:Fact)
         RETURN {id: o.id, text: o.text, observedAt: o.observedAt, invalidAt: o.invalidAt} ORDER BY o.id LIMIT 20
       } AS supersededBy,
       COLLECT {
         MATCH (fact)-[edge:CONFLICTS_WITH]-(o:Fact)
         WHERE edge.resolution IS NULL
         RETURN {id: o.id, text: o.text, observedAt: o.observedAt, invalidAt: o.invalidAt} ORDER BY o.id LIMIT 20
       } AS conflictsWith,
       COLLECT {
         MATCH (fact)-[:CAUSED_BY|ENABLED_BY|MOTIVATED_BY]->(o:Fact)
         RETURN {id: o.id, text: o.text, observedAt: o.observedAt, invalidAt: o.invalidAt} ORDER BY o.id LIMIT 20
       } AS causes,
       COLLECT {
         MATCH (fact)-[:HAD_VERSION]->(version:FactVersion)
         RETURN {text: version.text, until: version.until} ORDER BY version.until DESC LIMIT 20
       } AS versions,
       COLLECT {
         MATCH (insight:Insight)-[:DERIVED_FROM]->(fact)
         RETURN {id: insight.id, text: insight.text, tier: insight.tier} ORDER BY insight.id LIMIT 20
       } AS insights
