// Returns raw data for a retrieval's answer: id, type, caption, windowCaption, text, role, userName, title,
// sourceClient, metadataJson, occurredAt, endedAt, createdAt (times as seconds since 1970), outdated BOOLEAN (it has
// facts, and none of them holds at $asOf). $memoryId STRING; $ids LIST OF STRING; $asOf DATETIME or null (now).
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
CALL (raw) {
  MATCH (raw)<-[:EXTRACTED_FROM]-(fact:Fact)
  RETURN count(fact) AS facts,
         count(CASE WHEN fact.invalidAt <= coalesce($asOf, datetime()) THEN 1 END) AS closed
}
RETURN collect({
  id: raw.id, type: raw.type, caption: raw.caption, windowCaption: raw.windowCaption, text: raw.text, role: raw.role,
  userName:
  raw.userName, title: raw.title, sourceClient: raw.sourceClient, metadataJson: raw.metadataJson,
  occurredAt: raw.occurredAt.epochMillis / 1000.0, endedAt: raw.endedAt.epochMillis / 1000.0,
      createdAt: raw.createdAt.epochMillis / 1000.0, outdated: facts > 0 AND facts = closed
}) AS rows
