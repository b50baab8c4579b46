// Returns the secret that signs session tokens as one row: secret. The first caller's $fresh is kept. $fresh STRING.
CYPHER 25
MERGE (state:SchemaState {id: 'sessions'})
ON CREATE SET state.secret = $fresh
RETURN state.secret AS secret
