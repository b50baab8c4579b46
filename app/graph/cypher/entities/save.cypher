// Stores entities; an existing one keeps its name and gets the new spelling as an alias. $memoryId, $memoryToken
// STRING; $labels MAP of LIST OF STRING (by entityType: the labels beside Entity); $rows LIST of {id, key, name, entityType
// STRING; characterPairs STRING or null (see lucene.py); embedding LIST OF FLOAT or null; aliases LIST OF STRING; createdAt
// DATETIME and importId STRING, both null unless imported}.
CYPHER 25
UNWIND $rows AS row
MERGE (entity:Entity {memoryId: $memoryId, key: row.key})
  ON CREATE SET entity.id = row.id,
                entity.name = row.name,
                entity.entityType = row.entityType,
                entity.aliases = row.aliases,
                entity.memoryToken = $memoryToken,
                entity.characterPairs = row.characterPairs,
                entity.importId = row.importId,
                entity.createdAt = coalesce(row.createdAt, datetime())
SET entity.entityType = CASE WHEN entity.entityType = 'OTHER' THEN row.entityType ELSE entity.entityType END,
    entity.aliases = (entity.aliases + [name IN [row.name] + row.aliases
      WHERE name <> entity.name AND NOT name IN entity.aliases])[..50]
SET entity:$(coalesce($labels[entity.entityType], []))
WITH entity, row
WHERE row.embedding IS NOT NULL
CALL db.create.setNodeVectorProperty(entity, 'embedding', row.embedding)
RETURN count(*) AS number
