// Queues imported raw data for extraction, unless an extractor has read them or a fact cites them; what failed is tried
// again. $memoryId, $importId, $operationId STRING (of the import, and of the new operation); $ids LIST OF STRING. The
// operation does not count as waiting: the limit on waiting messages is there for those who send them.
CYPHER 25
MATCH (memory:Memory {id: $memoryId})
CALL (memory) {
  UNWIND $ids AS id
  MATCH (raw:RawData {memoryId: $memoryId, id: id})
  WHERE (raw.state = 'failed' OR raw.state = 'extracted' AND raw.extractor IS NULL)
        AND NOT EXISTS { (raw)<-[:EXTRACTED_FROM]-(:Fact) }
  SET raw.state = 'stored',
      raw.failure = null,
      raw.failureClass = null
  WITH memory, raw
  ORDER BY raw.sequence
  WITH memory, collect(raw.id) AS ids
  WHERE size(ids) > 0
  SET memory.operations = memory.operations + 1
  CREATE (operation:Operation {
    id: $operationId, memoryId: $memoryId, kind: 'extract', origin: 'import', importId: $importId, status: 'accepted',
    number: memory.operations, sequence: memory.sequence, attempts: 0, failures: 0, progressDone: 0,
    progressTotal: size(ids), sealed: ids, createdAt: datetime()
  })
  RETURN count(*) AS queued
}
RETURN queued
