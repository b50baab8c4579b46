// Returns a page of a memory's nodes of one label by element id: element, properties (without vectors, and without the time of the last lock), vector LIST OF FLOAT or null. $memoryId,
// $label STRING; $after STRING (the last element id of the page before, or empty); $limit INTEGER.
CYPHER 25
MATCH (n:$($label) {memoryId: $memoryId})
WHERE elementId(n) > $after
WITH n
ORDER BY elementId(n)
LIMIT $limit
RETURN collect({element: elementId(n), properties: n {.*, embedding: null, writtenAt: null}, vector: n.embedding}) AS rows
