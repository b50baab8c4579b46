// Sets `memory` due, and says when that was written: without it, a clock that is put back would make it wait.
memory.releasedAt = datetime(),
memory.runAt = CASE WHEN memory.runAt < datetime() THEN memory.runAt ELSE datetime() END
