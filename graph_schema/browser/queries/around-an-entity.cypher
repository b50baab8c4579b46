// Around an entity: who and what Lena is connected with, now
// The relationship's name is the predicate of a fact; take another name for another person or thing.
MATCH path = (:Entity {memoryId: $memory, name: 'Lena'})-[related:RELATED]-(:Entity)
WHERE related.invalidAt IS NULL
RETURN path
LIMIT 50
