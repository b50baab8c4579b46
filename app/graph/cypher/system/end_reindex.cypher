// Forgets how far a reindex has come.
CYPHER 25
MATCH (state:SchemaState {id: 'reindex'})
DELETE state
RETURN count(*) AS number
