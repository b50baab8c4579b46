// Insight ids become integers from 1 to 2^53 - 1, unique in the database (clients decode them as int64). The id that Mnemon gives is 13 of
// the hexadecimal digits of the UUID it gave before (without the version digit), so app/domain/ids.py finds the same insights again.
// Ids that a bundle brought are kept as externalId, as facts keep theirs.
DROP CONSTRAINT insight_id IF EXISTS;

MATCH (insight:Insight)
WHERE insight.id IS :: STRING NOT NULL AND insight.composer IS NOT NULL AND insight.id =~ '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
WITH insight, replace(insight.id, '-', '') AS digits
CALL (insight, digits) {
  WITH insight, substring(digits, 0, 12) + substring(digits, 13, 1) AS hex
  SET insight.id = reduce(number = 0, digit IN split(hex, '') | number * 16 + size(split('0123456789abcdef', digit)[0]))
} IN TRANSACTIONS OF 1000 ROWS;

MATCH (insight:Insight)
WHERE insight.id IS :: STRING NOT NULL
CALL (insight) {
  SET insight.externalId = insight.id,
      insight.id = 1 + toInteger(rand() * 9007199254740990)
} IN TRANSACTIONS OF 1000 ROWS;

MATCH (operation:Operation)
WHERE operation.resultJson CONTAINS '"insight_ids":["'
CALL (operation) {
  WITH operation, split(operation.resultJson, '"insight_ids":[') AS parts
  WITH operation, parts[0] AS head, split(parts[1], ']')[0] AS list, parts[1] AS rest
  WITH operation, head, substring(rest, size(list)) AS tail,
       [id IN split(list, ',') | substring(replace(id, '-', ''), 1, 12) + substring(replace(id, '-', ''), 14, 1)] AS numbers
  SET operation.resultJson = head + '"insight_ids":[' + substring(reduce(
    joined = '', hex IN numbers |
    joined + ',' + toString(reduce(number = 0, digit IN split(hex, '') | number * 16 + size(split('0123456789abcdef', digit)[0])))
  ), 1) + tail
} IN TRANSACTIONS OF 1000 ROWS;

CREATE CONSTRAINT insight_id IF NOT EXISTS
FOR (n:Insight) REQUIRE n.id IS UNIQUE;

CREATE INDEX insight_external IF NOT EXISTS
FOR (n:Insight) ON (n.memoryId, n.externalId);
