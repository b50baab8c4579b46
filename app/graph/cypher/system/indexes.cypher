// Returns one row per index: name, type, state, populationPercent.
CYPHER 25
SHOW INDEXES
YIELD name, type, state, populationPercent
RETURN name, type, state, populationPercent
