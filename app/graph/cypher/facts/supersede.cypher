// Closes facts that later ones contradict. $memoryId STRING; $rows LIST of {newer, older STRING (content hashes); at
// DATETIME} (at becomes the older fact's invalidAt, unless that is earlier already; never before its validAt).
CYPHER 25
UNWIND $rows AS row
MATCH (newer:Fact {memoryId: $memoryId, contentHash: row.newer})
MATCH (older:Fact {memoryId: $memoryId, contentHash: row.older})
MERGE (newer)-[edge:SUPERSEDES]->(older)
  ON CREATE SET edge.createdAt = datetime()
SET older.invalidAt = CASE
      WHEN older.invalidAt IS NOT NULL AND older.invalidAt < row.at THEN older.invalidAt
      WHEN row.at < older.validAt THEN older.validAt
      ELSE row.at END,
    older.expiredAt = coalesce(older.expiredAt, datetime())
RETURN count(*) AS number
