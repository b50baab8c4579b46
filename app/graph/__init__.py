"""The one store: driver, statements, records. No port, since there is only Neo4j."""
