// Returns raw data that are not extracted yet, by sequence: the columns of RawData; id, text, userName and role of the
// preceding message; withheld (content hashes of facts that were deleted while this source stayed). $memoryId STRING;
// $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
WHERE raw.state IN ['stored', 'buffered']
OPTIONAL MATCH (before:RawData)-[:NEXT]->(raw)
WITH raw.id AS id, raw.contentId AS contentId, raw.type AS type, raw.role AS role, raw.userName AS userName,
     raw.title AS title, raw.text AS text, raw.occurredAt AS occurredAt, raw.utcOffsetSeconds AS utcOffsetSeconds,
     raw.sourceClient AS sourceClient, raw.metadataJson AS metadataJson,
     before.text AS earlierText, before.userName AS earlierUserName, before.role AS earlierRole,
     before.id AS earlierId, coalesce(raw.withheld, []) AS withheld
ORDER BY raw.sequence
RETURN collect({
  id: id, contentId: contentId, type: type, role: role, userName: userName, title: title, text: text,
  occurredAt: occurredAt, utcOffsetSeconds: utcOffsetSeconds, sourceClient: sourceClient, metadataJson:
  metadataJson, earlierText: earlierText, earlierUserName: earlierUserName,
  earlierRole: earlierRole, earlierId: earlierId, withheld: withheld
}) AS rows
