// Returns one row per status over the whole database: status, number; for health and metrics.
CYPHER 25
MATCH (operation:Operation)
RETURN operation.status AS status, count(*) AS number
