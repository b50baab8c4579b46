"""Limits that several parts share."""

# Characters of one text (a long book chapter); clients split longer ones.
MAX_TEXT_CHARACTERS = 100_000
# Characters of a user's and of an agent's id, and of a speaker's name.
MAX_ID_CHARACTERS = 256
# Years valid for times in requests; a year outside is a client error.
MIN_YEAR, MAX_YEAR = 1900, 2200
# "No upper bound" for numbers and sequences in queries; far enough below 2^63 that Neo4j can add to it.
NO_LIMIT = 2**62
