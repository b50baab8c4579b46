// Returns one row: one (1). Measures a bare round trip.
CYPHER 25
RETURN 1 AS one
