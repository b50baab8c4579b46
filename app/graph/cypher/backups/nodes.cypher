// Returns a memory's nodes of one label in a fixed order: element, properties (without the vector, writtenAt and the
// lease, which the backup itself changes), vector LIST OF FLOAT or null. $memoryId, $label STRING.
CYPHER 25
MATCH (n:$($label) {memoryId: $memoryId})
WITH n
ORDER BY elementId(n)
RETURN elementId(n) AS element, n {.*, embedding: null, writtenAt: null, leaseOwner: null, leasedAt: null,
    leaseUntil: null, wantedAt: null} AS properties, n.embedding AS vector
