// Returns one row: waiting (memories whose work is due), oldestSeconds (how long the first of them has been), messages
// (raw data that wait for extraction).
CYPHER 25
MATCH (memory:Memory)
WHERE memory.runAt IS NOT NULL
WITH memory, memory.runAt <= datetime() AS due
RETURN sum(CASE WHEN due THEN 1 ELSE 0 END) AS waiting,
       max(CASE WHEN due THEN duration.inSeconds(memory.runAt, datetime()).seconds END) AS oldestSeconds,
       sum(coalesce(memory.waiting, 0)) AS messages
