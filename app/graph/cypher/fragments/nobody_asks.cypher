// True unless another process asked for `memory` within the last 3 seconds (leases/hold repeats the request more
// often).
NOT coalesce(memory.wantedAt > datetime() - duration('PT3S') AND memory.wantedAt < datetime() + duration('PT1M'), false)
