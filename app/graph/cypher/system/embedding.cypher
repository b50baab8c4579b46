// Returns one row once a model was recorded: model, dimension.
CYPHER 25
MATCH (state:SchemaState {id: 'embedding'})
RETURN state.model AS model, state.dimension AS dimension
