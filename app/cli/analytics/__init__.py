"""`mnemon analytics` and `mnemon cypher`: questions about a memory in Cypher, answered as a table, data or a picture."""
