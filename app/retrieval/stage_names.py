"""The stages of a retrieval, by name: in traces, logs and metrics."""

from msgspec import Struct


class StageName(Struct, frozen=True):
    """`stage`: the kind of step; `tier`: what it finds (fact, raw_data, entity, insight, none); `method`: how."""

    stage: str
    tier: str
    method: str

    def __str__(self) -> str:
        return f"{self.stage}/{self.tier}/{self.method}"


INSIGHTS_BY_VECTOR = StageName("tier", "insight", "vector")
FACTS_BY_VECTOR = StageName("tier", "fact", "vector")
FACTS_BY_WORD = StageName("tier", "fact", "keyword")
FACTS_BY_ALL = StageName("tier", "fact", "hybrid")
FACTS_IN_TIME = StageName("channel", "fact", "temporal")
RAW_DATA_BY_VECTOR = StageName("tier", "raw_data", "vector")
RAW_DATA_BY_WORD = StageName("tier", "raw_data", "keyword")
LINKED_ENTITIES = StageName("channel", "entity", "hybrid")
HOP = StageName("channel", "fact", "graph")
SECOND_ROUND = StageName("channel", "raw_data", "vector")
RANKING = StageName("rerank", "raw_data", "rerank")
SUFFICIENCY = StageName("sufficiency", "fact", "llm")
EXPANSION = StageName("query_expand", "none", "llm")
