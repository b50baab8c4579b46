// Sets the state of raw data. $memoryId, $state, $extractor STRING; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
SET raw.state = $state,
    raw.extractor = $extractor,
    raw.extractedAt = datetime()
RETURN count(*) AS number
