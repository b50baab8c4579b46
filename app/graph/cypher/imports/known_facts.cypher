// Returns the facts and insights with these ids, either their id in a bundle or their own: externalId, factId INTEGER
// or null, insightId INTEGER or null, text. $memoryId STRING; $ids LIST OF STRING; $numbers LIST OF INTEGER (the ids
// that are numbers).
CYPHER 25
CALL () {
  UNWIND $ids AS id
  MATCH (fact:Fact {memoryId: $memoryId, externalId: id})
  RETURN id AS externalId, fact.id AS factId, null AS insightId, fact.text AS text
  UNION
  UNWIND $numbers AS number
  MATCH (fact:Fact {memoryId: $memoryId, id: number})
  RETURN toString(number) AS externalId, fact.id AS factId, null AS insightId, fact.text AS text
  UNION
  UNWIND $ids AS id
  MATCH (insight:Insight {memoryId: $memoryId, externalId: id})
  RETURN id AS externalId, null AS factId, insight.id AS insightId, insight.text AS text
  UNION
  UNWIND $numbers AS number
  MATCH (insight:Insight {memoryId: $memoryId, id: number})
  RETURN toString(number) AS externalId, null AS factId, insight.id AS insightId, insight.text AS text
}
RETURN collect({externalId: externalId, factId: factId, insightId: insightId, text: text}) AS rows
