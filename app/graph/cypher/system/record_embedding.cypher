// Records the model that the stored vectors come from. $model STRING, $dimension INTEGER.
CYPHER 25
MERGE (state:SchemaState {id: 'embedding'})
SET state.model = $model,
    state.dimension = $dimension,
    state.recordedAt = datetime()
RETURN state.model AS model
