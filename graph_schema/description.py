"""The graph in words: what a reader or a language model needs to write Cypher. Properties that only the service uses are
left out.
"""

_S, _I, _F, _B, _T, _L = "STRING", "INTEGER", "FLOAT", "BOOLEAN", "DATE_TIME", "LIST"

PROPERTIES: dict[str, dict[str, str]] = {
    "Memory": {"id": _S, "userId": _S, "agentId": _S},
    "RawData": {
        "memoryId": _S, "id": _S, "name": _S, "text": _S, "type": _S, "role": _S, "userName": _S, "title": _S,
        "caption": _S, "sourceClient": _S, "sequence": _I, "occurredAt": _T, "endedAt": _T, "createdAt": _T, "state": _S,
    },
    "Fact": {
        "memoryId": _S, "id": _I, "name": _S, "text": _S, "category": _S, "type": _S, "subject": _S, "predicate": _S,
        "object": _S, "confidence": _F, "evidenceCount": _I, "occurredAt": _T, "observedAt": _T, "validAt": _T,
        "invalidAt": _T, "createdAt": _T, "slot": _S, "slotValue": _S, "extractor": _S, "kind": _S, "title": _S,
        "tags": _L, "source": _S, "provenance": _S,
    },
    "Entity": {
        "memoryId": _S, "id": _S, "name": _S, "entityType": _S, "aliases": _L, "mentionCount": _I, "createdAt": _T,
    },
    "Insight": {"memoryId": _S, "id": _I, "tier": _S, "name": _S, "text": _S, "theme": _S},
    "Trace": {"memoryId": _S, "id": _S, "query": _S, "strategy": _S, "status": _S, "createdAt": _T, "expiresAt": _T},
    "TraceStage": {
        "memoryId": _S, "traceId": _S, "number": _I, "name": _S, "method": _S, "hop": _I, "durationMillis": _I,
    },
    "QueryLogEntry": {
        "memoryId": _S, "id": _S, "text": _S, "strategy": _S, "status": _S, "degraded": _B, "durationMillis": _I, "items": _I,
        "rawData": _I, "bestCosine": _F, "createdAt": _T,
    },
    "Operation": {
        "memoryId": _S, "id": _S, "kind": _S, "status": _S, "number": _I, "createdAt": _T, "startedAt": _T,
        "finishedAt": _T, "errorReason": _S,
    },
}  # fmt: skip

RELATIONSHIP_PROPERTIES: dict[str, dict[str, str]] = {
    "RELATED": {"factId": _I, "predicate": _S, "validAt": _T, "invalidAt": _T},
    "MENTIONS": {"role": _S, "confidence": _F},
    "EXTRACTED_FROM": {"quote": _S, "start": _I, "end": _I},
    "SIMILAR_TO": {"score": _F},
    "SAME_AS": {"reason": _S, "score": _F},
    "REACHED": {"rank": _I, "score": _F, "via": _S},
}

RELATIONSHIPS: tuple[tuple[str, str, str], ...] = (
    ("Operation", "STORED", "RawData"),
    ("RawData", "NEXT", "RawData"),
    ("Fact", "EXTRACTED_FROM", "RawData"),
    ("Fact", "MENTIONS", "Entity"),
    ("Entity", "RELATED", "Entity"),
    ("Entity", "SIMILAR_TO", "Entity"),
    ("Entity", "SAME_AS", "Entity"),
    ("Fact", "FOLLOWS", "Fact"),
    ("Fact", "CAUSED_BY", "Fact"),
    ("Fact", "ENABLED_BY", "Fact"),
    ("Fact", "MOTIVATED_BY", "Fact"),
    ("Fact", "SUPERSEDES", "Fact"),
    ("Fact", "CONFLICTS_WITH", "Fact"),
    ("Insight", "DERIVED_FROM", "Fact"),
    ("Insight", "DERIVED_FROM", "Insight"),
    ("Trace", "STAGE", "TraceStage"),
    ("TraceStage", "REACHED", "Fact"),
    ("TraceStage", "REACHED", "RawData"),
    ("TraceStage", "REACHED", "Entity"),
)

_NOTES = """Every node has memoryId, 'user:agent': name it in every query, so that memories stay apart.
An Entity has a second label by its type: Person, Organization, Place, Object, Identifier or Concept.
A Fact holds now if invalidAt is null. (a)-[:RELATED]->(b) says what the Fact with id = factId says."""


def text() -> str:
    """Return the schema in the form that graph libraries give to language models: `Label {property: TYPE}` lines, then
    `(:A)-[:TYPE]->(:B)` lines.
    """
    return "\n".join(
        [
            "Node properties:",
            *(_line(label, properties) for label, properties in PROPERTIES.items()),
            "Relationship properties:",
            *(_line(type_, properties) for type_, properties in RELATIONSHIP_PROPERTIES.items()),
            "The relationships:",
            *(f"(:{start})-[:{type_}]->(:{end})" for start, type_, end in RELATIONSHIPS),
            "Notes:",
            _NOTES,
        ]
    )


def _line(name: str, properties: dict[str, str]) -> str:
    return f"{name} {{{', '.join(f'{key}: {kind}' for key, kind in properties.items())}}}"
