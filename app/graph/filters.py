"""Converts a filter to the $filter map of the Cypher fragments."""

from typing import Any

from app.domain.filters import KnowledgeFilter, MetadataCondition, MetadataFilter, Operator, TimeField
from app.domain.knowledge import KIND_OF_CATEGORY
from app.graph.json_properties import metadata_key

# Matches no term: terms start with a quotation mark.
_NEVER = "\x00"
KIND_OF = {str(category): str(kind) for category, kind in KIND_OF_CATEGORY.items()}


def filter_parameter(knowledge_filter: KnowledgeFilter) -> dict[str, Any]:
    time_range = knowledge_filter.time_range
    metadata = knowledge_filter.metadata
    near = knowledge_filter.near
    categories = knowledge_filter.categories
    return {
        "categories": None if categories is None else [str(category) for category in categories],
        "kinds": None if knowledge_filter.kinds is None else [str(kind) for kind in knowledge_filter.kinds],
        "tags": None if knowledge_filter.tags is None else list(knowledge_filter.tags),
        "status": str(knowledge_filter.status),
        "near": near and list(near.vector),
        "similarity": near and near.similarity,
        "kindOf": KIND_OF,
        "field": str(time_range.field if time_range else TimeField.OCCURRED_AT),
        "asOf": knowledge_filter.as_of,
        "from": time_range.start if time_range else None,
        "to": time_range.end if time_range else None,
        "clauses": _clauses(metadata),
    }


def _clauses(metadata: MetadataFilter) -> list[list[dict[str, Any]]]:
    """Return the conditions in conjunctive normal form: at least one of each clause must hold."""
    return [
        *([_condition(c)] for c in metadata.all),
        *([[_condition(c) for c in metadata.any]] if metadata.any else []),
        *([_condition(c, negate=True)] for c in metadata.none),
    ]


def _condition(condition: MetadataCondition, *, negate: bool = False) -> dict[str, Any]:
    key = metadata_key(condition.path)
    exact: list[str] = []
    prefix, text = _NEVER, ""
    match condition.operator:
        case Operator.EQ | Operator.IN:
            exact = [f"{key}:{value}" for value in condition.values]
        case Operator.EXISTS | Operator.MISSING:
            prefix = key
        case Operator.CONTAINS:
            # An element of a list, or a substring of a text.
            exact = [f"{key}[]:{value}" for value in condition.values]
            prefix, text = f"{key}:", condition.values[0]
    return {
        "negated": (condition.operator is Operator.MISSING) != negate,
        "exact": exact,
        "prefix": prefix,
        "text": text,
    }
