// Returns a page of a memory's raw data, newest first. $memoryId STRING; $types, $sourceClients LIST OF STRING or null;
// $filter MAP (see fragments/raw_data_filter); $afterTime DATETIME or null with $afterSequence INTEGER (last row of the
// previous page); $limit INTEGER.
CYPHER 25
MATCH (raw:RawData {memoryId: $memoryId})
WHERE raw.occurredAt IS NOT NULL AND ($types IS NULL OR raw.type IN $types)
  AND ($sourceClients IS NULL OR raw.sourceClient IN $sourceClients)
  AND ($afterTime IS NULL OR raw.occurredAt < $afterTime
       OR (raw.occurredAt = $afterTime AND raw.sequence < $afterSequence))
  AND
      //> fragments/raw_data_filter
WITH raw.id AS id, raw.type AS type, raw.sourceClient AS sourceClient, raw.caption AS caption,
    raw.windowCaption AS windowCaption, raw.text AS text,
     raw.title AS title, raw.role AS role, raw.userName AS userName, raw.metadataJson AS metadataJson,
         raw.mediaJson AS mediaJson,
     raw.occurredAt AS occurredAt, raw.endedAt AS endedAt, raw.createdAt AS createdAt, raw.sequence AS sequence,
     raw.state AS state
ORDER BY raw.occurredAt DESC, raw.sequence DESC
LIMIT $limit
RETURN collect({
  id: id, type: type, sourceClient: sourceClient, caption: caption, windowCaption: windowCaption, text: text,
  title: title, role:
  role, userName: userName, metadataJson: metadataJson, mediaJson: mediaJson, occurredAt: occurredAt,
  endedAt: endedAt, createdAt: createdAt, sequence: sequence, state: state
}) AS rows
