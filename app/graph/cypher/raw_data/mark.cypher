// Sets the state of raw data that are not extracted yet. $memoryId, $state STRING; $extractor, $caption (of the whole
// window), $reason and $failureClass (of a failure) STRING or null; $ids LIST OF STRING.
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
