// Queues raw data for extraction again after a fact was deleted because of another of its sources. $memoryId,
// $operationId STRING (of the new operation); $again LIST OF STRING.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
CALL (memory) {
  UNWIND $again AS id
  MATCH (raw:RawData {memoryId: $memoryId, id: id})
  SET raw.state = 'stored'
  WITH memory, raw
  ORDER BY raw.sequence
  WITH memory, collect(raw.id) AS ids
  WHERE size(ids) > 0
  SET memory.operations = memory.operations + 1,
      memory.waiting = coalesce(memory.waiting, 0) + size(ids)
  CREATE (operation:Operation {
    id: $operationId, memoryId: $memoryId, kind: 'extract', origin: 'forget', status: 'accepted',
    number: memory.operations,
    sequence: memory.sequence, attempts: 0, failures: 0, progressDone: 0, progressTotal: size(ids), waiting: size(ids),
    sealed: ids, createdAt: datetime()
  })
  RETURN count(*) AS queued
}
RETURN queued
