// Returns how far a broken-off reindex has come as one row, or none: model, after.
CYPHER 25
MATCH (state:SchemaState {id: 'reindex'})
RETURN state.model AS model, state.after AS after
