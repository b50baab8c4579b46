"""A window of raw data into the graph: facts, entities, insights."""
