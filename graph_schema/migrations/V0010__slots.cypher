// What a fact says that its subject has one of at a time: who lives where, so that a later home is found.
CREATE INDEX fact_slot IF NOT EXISTS
FOR (n:Fact) ON (n.memoryId, n.slot);
