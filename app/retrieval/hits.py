"""Results of the searches of a retrieval."""

from msgspec import Struct

from app.retrieval.features import Hit, InsightHit, Vector
from app.retrieval.ranking import SecondRoundEntity
from app.retrieval.temporal import QuestionTime

# The facts that a walk starts from, beside the entities that the question names.
SEED_FACTS = 3


class DirectHits(Struct, frozen=True, kw_only=True):
    """Hits of each channel, best first. `vector`: the question's, None if no model answered."""

    vector: list[float] | None
    insights: list[InsightHit]
    by_vector: list[Hit]
    by_word: list[Hit]
    in_time: list[Hit]
    time: QuestionTime | None
    raw_by_vector: list[Hit]
    raw_by_word: list[Hit]

    @property
    def seeds(self) -> list[Hit]:
        """The facts that the walk starts from: at most a third of the hits, so that in a small memory the hops still have
        unvisited facts.
        """
        return self.by_vector[: min(SEED_FACTS, max(len(self.by_vector) // 3, 1))]

    @property
    def similarities(self) -> dict[str, float]:
        """Fact → cosine to the question, of those that the vector channel found."""
        return {hit.id: hit.score for hit in self.by_vector}

    @property
    def best_cosine(self) -> float | None:
        """Cosine of the question to the nearest fact or raw data; None if none was compared."""
        return max((hit.score for hits in (self.by_vector, self.raw_by_vector) for hit in hits), default=None)

    @property
    def is_empty(self) -> bool:
        return not (self.by_vector or self.by_word or self.in_time or self.raw_by_vector or self.raw_by_word)


class ResidualQuery(Struct, frozen=True, kw_only=True):
    """The question without entity names, and its hits. `rest`: True if names were removed."""

    rest: bool = False
    vector: list[float]
    facts: list[Hit] = []
    raw_data: list[Hit] = []
    facts_by_word: list[Hit] = []
    raw_by_word: list[Hit] = []


class SecondRoundHits(Struct, frozen=True, kw_only=True):
    """The second round: its entities, a vector for each (entity and residual query), and the raw data found."""

    entities: list[SecondRoundEntity] = []
    vectors: list[Vector] = []
    raw_data_ids: list[str] = []
