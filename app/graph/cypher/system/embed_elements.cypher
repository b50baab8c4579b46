// Stores vectors by element id. $rows LIST of {element STRING, embedding LIST OF FLOAT}.
CYPHER 25
UNWIND $rows AS row
MATCH (n)
WHERE elementId(n) = row.element
CALL db.create.setNodeVectorProperty(n, 'embedding', row.embedding)
RETURN count(*) AS number
