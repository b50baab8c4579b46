// Returns a memory's nodes of one label: element, properties (without vectors, and without the time of the last lock), vector LIST OF FLOAT or
// null. $memoryId, $label STRING.
CYPHER 25
MATCH (n:$($label) {memoryId: $memoryId})
RETURN elementId(n) AS element, n {.*, embedding: null, writtenAt: null} AS properties, n.embedding AS vector
