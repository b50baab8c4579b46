// Stores vectors of raw data. $memoryId STRING; $rows LIST of {id STRING, embedding LIST OF FLOAT}.
CYPHER 25
UNWIND $rows AS row
MATCH (raw:RawData {memoryId: $memoryId, id: row.id})
CALL db.create.setNodeVectorProperty(raw, 'embedding', row.embedding)
RETURN count(*) AS number
