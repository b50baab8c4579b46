// Returns one row: waiting (memories whose work is due), oldestSeconds (how long the first of them has been).
CYPHER 25
MATCH (memory:Memory)
WHERE memory.runAt <= datetime()
RETURN count(memory) AS waiting, max(duration.inSeconds(memory.runAt, datetime()).seconds) AS oldestSeconds
