// Returns an operation by its id alone (122 random bits, so not guessable) as one row, or none. $operationId STRING.
CYPHER 25
MATCH (operation:Operation {id: $operationId})
//> fragments/operation_columns
