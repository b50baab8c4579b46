// Returns one row: waiting (memories that are due), oldestSeconds (how long the oldest has been due), messages (raw
// data that wait for extraction).
CYPHER 25
MATCH (memory:Memory)
WHERE memory.runAt IS NOT NULL
WITH memory, memory.runAt <= datetime() AS due
RETURN sum(CASE WHEN due THEN 1 ELSE 0 END) AS waiting,
       max(CASE WHEN due THEN duration.inSeconds(memory.runAt, datetime()).seconds END) AS oldestSeconds,
       sum(coalesce(memory.waiting, 0)) AS messages
