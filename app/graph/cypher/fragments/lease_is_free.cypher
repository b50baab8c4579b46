// True if `memory` has no lease, an expired one, or one that was taken in the future (the clock was set back).
(memory.leaseUntil IS NULL OR memory.leaseUntil < datetime() OR memory.leasedAt > datetime() + duration('PT1M'))
