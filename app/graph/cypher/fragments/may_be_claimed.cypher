// Whether a worker may take `memory`: its lease is free, and no other process has just asked for it (it asks every few moments).
(memory.leaseUntil IS NULL OR memory.leaseUntil < datetime() OR memory.leasedAt > datetime() + duration('PT1M'))
AND NOT coalesce(memory.wantedAt > datetime() - duration('PT3S') AND memory.wantedAt < datetime() + duration('PT1M'), false)
