// Returns the recorded embedding model as one row, or none: model, dimension.
CYPHER 25
MATCH (state:SchemaState {id: 'embedding'})
RETURN state.model AS model, state.dimension AS dimension
