"""A request to forget."""

from datetime import datetime

from msgspec import Struct


class ForgetRequest(Struct, frozen=True, kw_only=True):
    """One or more of: raw data by id; items by id (`with_sources`: also the raw data they were extracted from); an
    entity by name with everything that mentions it; raw data from the interval [start, end); everything. `recorded`:
    keep a record of the deleted items.
    """

    raw_data_ids: list[str] = []
    item_ids: list[int] = []
    with_sources: bool = False
    entity: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    everything: bool = False
    recorded: bool = False

    @property
    def is_empty(self) -> bool:
        times = self.start or self.end
        return not (self.raw_data_ids or self.item_ids or self.entity or times or self.everything)
