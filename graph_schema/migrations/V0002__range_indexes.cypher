// What the worker and the queries look up by.
CREATE INDEX memory_run_at IF NOT EXISTS
FOR (n:Memory) ON (n.runAt);

CREATE INDEX raw_data_state IF NOT EXISTS
FOR (n:RawData) ON (n.memoryId, n.state, n.sequence);

CREATE INDEX raw_data_time IF NOT EXISTS
FOR (n:RawData) ON (n.memoryId, n.occurredAt);

CREATE INDEX fact_time IF NOT EXISTS
FOR (n:Fact) ON (n.memoryId, n.eventStart);

CREATE INDEX fact_observed IF NOT EXISTS
FOR (n:Fact) ON (n.memoryId, n.observedAt);

CREATE INDEX insight_memory IF NOT EXISTS
FOR (n:Insight) ON (n.memoryId);

CREATE INDEX operation_queue IF NOT EXISTS
FOR (n:Operation) ON (n.memoryId, n.status, n.number);
