// Memories that were given back in what is now the future are found by it: the clock was put back, and they must not wait for it.
CREATE INDEX memory_released_at IF NOT EXISTS
FOR (n:Memory) ON (n.releasedAt);
