// Returns the outgoing relationships of these nodes in a fixed order: from, type, to, properties. $memoryId STRING;
// $elements LIST OF STRING.
CYPHER 25
UNWIND $elements AS element
MATCH (n {memoryId: $memoryId})
WHERE elementId(n) = element
MATCH (n)-[r]->(to)
WITH element, r, to
ORDER BY element, elementId(r)
RETURN collect({from: element, type: type(r), to: elementId(to), properties: properties(r)}) AS rows
