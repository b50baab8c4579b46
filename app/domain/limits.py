"""Limits that several parts share."""

# Of a text: a long book chapter. Longer ones are sent in parts.
MAX_TEXT_CHARACTERS = 100_000
# Of times that requests name: a year outside is a mistake in the client.
MIN_YEAR, MAX_YEAR = 1900, 2200
# Above every number and sequence of a memory; far enough below 2^63 for Neo4j to add to it.
NO_LIMIT = 2**62
