// Creates nodes with all their properties. Returns their element ids in the order of the rows. $memoryId STRING; $rows
// LIST of {labels LIST OF STRING, properties MAP, vector LIST OF FLOAT or null}.
CYPHER 25
UNWIND range(0, size($rows) - 1) AS position
WITH position, $rows[position] AS row
CREATE (n:$(row.labels))
SET n = row.properties,
    n.memoryId = $memoryId
WITH position, n, row
CALL (n, row) {
  UNWIND [vector IN [row.vector] WHERE vector IS NOT NULL] AS vector
  CALL db.create.setNodeVectorProperty(n, 'embedding', vector)
}
WITH position, elementId(n) AS element
ORDER BY position
RETURN collect(element) AS rows
