// What operations are looked up by besides their queue, and the answers of writes that no operation stands for.
CREATE INDEX operation_idempotency IF NOT EXISTS
FOR (n:Operation) ON (n.memoryId, n.idempotencyKey);

CREATE INDEX operation_finished IF NOT EXISTS
FOR (n:Operation) ON (n.finishedAt);

CREATE CONSTRAINT idempotency_record IF NOT EXISTS
FOR (n:IdempotencyRecord) REQUIRE (n.memoryId, n.key) IS UNIQUE;
