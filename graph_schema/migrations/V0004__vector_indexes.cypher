// Filtered in the index by memoryId. $options holds the embedder's dimension; quantization is off, since it loses recall.
CREATE VECTOR INDEX fact_embedding IF NOT EXISTS
FOR (n:Fact) ON n.embedding WITH [n.memoryId]
OPTIONS $options;

CREATE VECTOR INDEX raw_data_embedding IF NOT EXISTS
FOR (n:RawData) ON n.embedding WITH [n.memoryId]
OPTIONS $options;

CREATE VECTOR INDEX entity_embedding IF NOT EXISTS
FOR (n:Entity) ON n.embedding WITH [n.memoryId]
OPTIONS $options;

CREATE VECTOR INDEX insight_embedding IF NOT EXISTS
FOR (n:Insight) ON n.embedding WITH [n.memoryId]
OPTIONS $options;
