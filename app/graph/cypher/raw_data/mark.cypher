// Sets the state of raw data that wait for extraction. $memoryId, $state STRING; $extractor, $caption (of all of them
// together), $reason and $failureClass (why they failed) STRING or null; $ids LIST OF STRING.
CYPHER 25
UNWIND $ids AS id
MATCH (raw:RawData {memoryId: $memoryId, id: id})
WHERE raw.state IN ['stored', 'buffered']
SET raw.state = $state,
    raw.extractor = $extractor,
    raw.windowCaption = $caption,
    raw.failure = $reason,
    raw.failureClass = $failureClass,
    raw.extractedAt = datetime()
RETURN count(*) AS number
