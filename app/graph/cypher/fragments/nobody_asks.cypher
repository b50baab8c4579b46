// Whether no other process has just asked for `memory` (it asks every few moments).
NOT coalesce(memory.wantedAt > datetime() - duration('PT3S') AND memory.wantedAt < datetime() + duration('PT1M'), false)
