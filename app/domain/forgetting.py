"""A request to forget."""

from datetime import datetime

from msgspec import Struct


class ForgetRequest(Struct, frozen=True, kw_only=True):
    """One or several of: raw data by id; items by id, with the raw data that they were read from where `with_sources`; an
    entity by name, with everything that names it; raw data of a time [start, end); everything. `recorded`: it stays
    known that the items were deleted.
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
