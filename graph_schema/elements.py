"""Every label, relationship type and index name. A test checks the Cypher files against these lists."""

LABELS = frozenset(
    {
        "Memory",
        "RawData",
        "Entity",
        "Fact",
        "Insight",
        "Operation",
        "ImportChunk",
        "ModelAnswer",
        "Agent",
        "Session",
        "FactVersion",
        "DeletedFact",
        "IdempotencyRecord",
        "Trace",
        "TraceStage",
        "QueryLogEntry",
        "Migration",
        "SchemaState",
        "ApiKey",
        "AuditEntry",
    },
)

# Labels that entities have beside Entity, by their entityType; other types have none.
ENTITY_LABELS = {
    "PERSON": "Person",
    "ORGANIZATION": "Organization",
    "PLACE": "Place",
    "OBJECT": "Object",
    "IDENTIFIER": "Identifier",
    "CONCEPT": "Concept",
}

RELATIONSHIP_TYPES = frozenset(
    {
        "NEXT",  # (RawData)-->(RawData): the next message
        "STORED",  # (Operation)-->(RawData)
        "EXTRACTED_FROM",  # (Fact)-->(RawData) {quote, start, end}
        "MENTIONS",  # (Fact)-->(Entity) {role, confidence}
        "RELATED",  # (Entity)-->(Entity) {factId, predicate, validAt, invalidAt}: subject and object of a fact
        "SIMILAR_TO",  # (Entity)-->(Entity) {score}
        "FOLLOWS",  # (Fact)-->(Fact): stated right after the target, in the same window
        "CAUSED_BY",  # (Fact)-->(Fact) {strength}: from the effect to its cause
        "ENABLED_BY",  # (Fact)-->(Fact) {strength}
        "MOTIVATED_BY",  # (Fact)-->(Fact) {strength}
        "CONFLICTS_WITH",  # (Fact)-->(Fact) {createdAt, resolution, resolvedAt}: they contradict each other, both hold
        "SUPERSEDES",  # (Fact)-->(Fact) {createdAt, resolution, resolvedAt}: a later fact closed the earlier one
        "SAME_AS",  # (Entity)-->(Entity) {reason, score}: two names of one entity
        "HAD_VERSION",  # (Fact)-->(FactVersion): its state before an edit
        "OPENED",  # (Agent)-->(Session)
        "STAGE",  # (Trace)-->(TraceStage) {number}
        "REACHED",  # (TraceStage)-->(Fact|RawData|Entity) {rank, score, via}: its best hits
        "DERIVED_FROM",  # (Insight)-->(Fact|Insight) {point}
    },
)

# Indexes that must be ONLINE before the service is ready: name -> type as in SHOW INDEXES.
INDEXES: dict[str, str] = {
    "memory_id": "RANGE",
    "memory_run_at": "RANGE",
    "memory_released_at": "RANGE",
    "raw_data_id": "RANGE",
    "raw_data_content": "RANGE",
    "raw_data_state": "RANGE",
    "raw_data_time": "RANGE",
    "entity_id": "RANGE",
    "entity_key": "RANGE",
    "fact_id": "RANGE",
    "fact_content": "RANGE",
    "fact_time": "RANGE",
    "fact_observed": "RANGE",
    "fact_created": "RANGE",
    "insight_id": "RANGE",
    "insight_memory": "RANGE",
    "insight_external": "RANGE",
    "operation_id": "RANGE",
    "operation_queue": "RANGE",
    "operation_idempotency": "RANGE",
    "operation_finished": "RANGE",
    "idempotency_record": "RANGE",
    "import_chunk": "RANGE",
    "fact_external": "RANGE",
    "fact_slot": "RANGE",
    "model_answer": "RANGE",
    "agent_memory": "RANGE",
    "session_id": "RANGE",
    "fact_version": "RANGE",
    "deleted_fact": "RANGE",
    "trace_id": "RANGE",
    "trace_expiry": "RANGE",
    "query_log_time": "RANGE",
    "query_log_expiry": "RANGE",
    "api_key_id": "RANGE",
    "api_key_hash": "RANGE",
    "operation_created": "RANGE",
    "related_fact": "RANGE",
    "audit_entry_id": "RANGE",
    "audit_time": "RANGE",
    "audit_memory": "RANGE",
    "fact_text": "FULLTEXT",
    "raw_data_text": "FULLTEXT",
    "entity_name": "FULLTEXT",
    "fact_embedding": "VECTOR",
    "raw_data_embedding": "VECTOR",
    "entity_embedding": "VECTOR",
    "insight_embedding": "VECTOR",
}
