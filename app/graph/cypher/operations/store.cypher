// Stores raw data and their operation in one transaction. Returns one row, or none if the memory is new (see
// leases/create): operationId (null if too much is waiting); requestHash (of an earlier request with the same key, else
// null). $memoryId, $operationId, $kind, $state STRING; $chained BOOLEAN (the messages follow the memory's last one);
// $rawData LIST of {index INTEGER, contentId STRING, properties MAP}; $origin STRING; $payloadJson (changes to typed
// facts), $idempotencyKey, $requestHash, $requestId, $caller STRING or null; $keptHours, $maxWaiting INTEGER.
CYPHER 25
// Start with a SET that reads no property: it takes every lock that later writes need. A SET that reads its own
// property locks in another order, and two of those can deadlock (so can two MERGEs).
MATCH (memory:Memory {id: $memoryId})
SET memory.writtenAt = datetime()
WITH memory
//> fragments/known_operation
OPTIONAL CALL (memory, known) {
  WITH memory, known
  WHERE known IS NULL AND (coalesce(memory.waiting, 0) = 0 OR size($rawData) = 0
      OR memory.waiting + size($rawData) <= $maxWaiting)
  SET memory.sequence = memory.sequence + size($rawData),
      memory.operations = memory.operations + 1,
      memory.waiting = coalesce(memory.waiting, 0) + size($rawData),
      //> fragments/is_due
  //> fragments/new_operation
  SET operation.kind = $kind,
      operation.origin = $origin,
      operation.progressTotal = size($rawData),
      operation.waiting = size($rawData),
      operation.payloadJson = $payloadJson
  WITH memory, operation
  CALL (memory, operation) {
    UNWIND $rawData AS row
    MERGE (raw:RawData {memoryId: $memoryId, contentId: row.contentId})
      ON CREATE SET raw += row.properties,
                    raw.state = $state,
                    raw.operationId = operation.id,
                    raw.sequence = memory.sequence - size($rawData) + row.index,
                    raw.createdAt = datetime()
      // What could not be extracted, or was cancelled, is tried again when it is sent again.
      ON MATCH SET raw.failure = CASE raw.state WHEN 'failed' THEN null ELSE raw.failure END,
                   raw.failureClass = CASE raw.state WHEN 'failed' THEN null ELSE raw.failureClass END,
                   raw.state = CASE raw.state WHEN 'failed' THEN $state ELSE raw.state END
    MERGE (operation)-[stored:STORED]->(raw)
      ON CREATE SET stored.position = row.index
    WITH raw, min(row.index) AS position
    ORDER BY position
    RETURN [raw IN collect(raw) WHERE raw.operationId = $operationId] AS fresh
  }
  OPTIONAL MATCH (last:RawData {memoryId: $memoryId, id: memory.lastMessageId})
  WHERE $chained
  WITH memory, operation, fresh, [raw IN [last] WHERE raw IS NOT NULL] + fresh AS chain
  CALL (chain) {
    UNWIND range(0, size(chain) - 2) AS position
    WITH chain[position] AS earlier, chain[position + 1] AS later
    CREATE (earlier)-[:NEXT]->(later)
  }
  SET memory.lastMessageId = CASE WHEN $chained AND size(fresh) > 0 THEN fresh[-1].id ELSE memory.lastMessageId END
  RETURN operation.id AS operationId
}
RETURN coalesce(operationId, known.id) AS operationId, known.requestHash AS requestHash
