// Makes `memory` due now. releasedAt records when, so that a clock set back does not delay it.
memory.releasedAt = datetime(),
memory.runAt = CASE WHEN memory.runAt < datetime() THEN memory.runAt ELSE datetime() END
