// Sets the state of raw data that wait for extraction. $memoryId, $state STRING; $extractor STRING or null; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
WHERE raw.state IN ['stored', 'buffered']
SET raw.state = $state,
    raw.extractor = $extractor,
    raw.extractedAt = datetime()
RETURN count(*) AS number
