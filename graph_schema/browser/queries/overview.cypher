// Overview: how many nodes of each kind the memory has
MATCH (n {memoryId: $memory})
UNWIND labels(n) AS label
RETURN label, count(*) AS nodes
ORDER BY nodes DESC
