// Stores vectors and pairs of characters by element id, and how far a reindex has come. $rows LIST of {element STRING;
// embedding LIST OF FLOAT; characterPairs STRING or null (see lucene.py)};
// $model STRING; $after STRING (the last element id).
CYPHER 25
UNWIND $rows AS row
MATCH (n)
WHERE elementId(n) = row.element
SET n.characterPairs = CASE WHEN NOT n:Insight THEN row.characterPairs END
WITH n, row
CALL db.create.setNodeVectorProperty(n, 'embedding', row.embedding)
WITH count(*) AS number
MERGE (state:SchemaState {id: 'reindex'})
SET state.model = $model,
    state.after = $after
RETURN number
