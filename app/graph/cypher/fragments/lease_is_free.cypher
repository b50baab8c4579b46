// Whether nobody works on `memory`: no lease, or one that has run out, or one from what is now the future (the clock
// was put back).
(memory.leaseUntil IS NULL OR memory.leaseUntil < datetime() OR memory.leasedAt > datetime() + duration('PT1M'))
