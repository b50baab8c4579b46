// Returns one row, an operation by its id alone (an id is a secret of 122 random bits), or none. $operationId STRING.
CYPHER 25
MATCH (operation:Operation {id: $operationId})
//> fragments/operation_columns
