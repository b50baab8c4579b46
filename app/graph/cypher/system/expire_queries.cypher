// Deletes expired entries of the query log.
CYPHER 25
MATCH (query:QueryLogEntry)
WHERE query.expiresAt < datetime()
CALL (query) {
  DELETE query
} IN TRANSACTIONS OF 1000 ROWS
RETURN count(*) AS number
