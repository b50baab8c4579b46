// The last stored retrieval, hop by hop: the stages of the walk and the best of what each reached
MATCH (trace:Trace {memoryId: $memory})
WITH trace
ORDER BY trace.createdAt DESC
LIMIT 1
MATCH path = (trace)-[:STAGE]->(stage:TraceStage)-[reached:REACHED]->()
WHERE stage.hop IS NOT NULL AND reached.rank <= 4
RETURN path
