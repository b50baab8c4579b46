"""Expiration policies: rules, then a table by kind, and how long expired facts are kept.

Facts expire only when a sweep applies the policy.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from app.domain.errors import InvalidInput
from app.domain.knowledge import Attribution, FactKind
from app.domain.typed_facts import MAX_LABEL_CHARACTERS, TypedFactRow

NEVER = "never"
_DURATION = re.compile(r"(?P<number>\d{1,5})(?P<unit>mo|[mhdwy])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "mo": timedelta(days=30),
    "y": timedelta(days=365),
}
Label = Annotated[str, Meta(min_length=1, max_length=MAX_LABEL_CHARACTERS, pattern=r"^[A-Za-z0-9._-]+$")]
# Rules of a policy, values of a rule.
_MOST = 100
Share = Annotated[float, Meta(ge=0, le=1)]


class PolicyMatch(Struct, frozen=True, kw_only=True):
    """All given fields must match; of `tags`, at least one. Without any field, every fact matches."""

    type: list[FactKind] | None = None
    tags: list[str] | None = None
    source: list[str] | None = None
    provenance: list[Attribution] | None = None
    confidence_below: Share | None = None

    def fits(self, memory: TypedFactRow) -> bool:
        return (
            (self.type is None or memory.kind in self.type)
            and (self.tags is None or not set(self.tags).isdisjoint(memory.tags))
            and (self.source is None or memory.source in self.source)
            and (self.provenance is None or memory.provenance in self.provenance)
            and (self.confidence_below is None or (memory.confidence or 0.0) < self.confidence_below)
        )


class PolicyRule(Struct, frozen=True, kw_only=True):
    name: Label
    match: PolicyMatch = PolicyMatch()
    expire_after: str = NEVER


class Policy(Struct, frozen=True, kw_only=True):
    """The first matching rule decides, even if it says `never`; without one, `retention` (kind → duration) does.
    Durations are a number and a unit (m, h, d, w, mo of 30 days, y) or `never`.
    """

    version: int = 1
    retention: dict[str, str] = {}
    rules: list[PolicyRule] = []
    purge_expired_after: str = NEVER

    @property
    def is_empty(self) -> bool:
        return not (self.retention or self.rules) and self.purge_expired_after == NEVER

    def checked(self) -> "Policy":
        """Return self. Raises InvalidInput for invalid durations, unknown kinds and repeated rule names."""
        errors: dict[str, str] = {}
        for kind, text in self.retention.items():
            if kind not in set(FactKind):
                errors[f"retention.{kind}"] = "is not a memory type"
            _check(f"retention.{kind}", text, errors)
        if len(self.rules) > _MOST:
            errors["rules"] = f"must be at most {_MOST}"
        for index, rule in enumerate(self.rules):
            _check(f"rules.{index}.expire_after", rule.expire_after, errors)
            for field in ("type", "tags", "source", "provenance"):
                if len(getattr(rule.match, field) or ()) > _MOST:
                    errors[f"rules.{index}.match.{field}"] = f"must have at most {_MOST} values"
        if len({rule.name for rule in self.rules}) < len(self.rules):
            errors["rules"] = "must have different names"
        _check("purge_expired_after", self.purge_expired_after, errors)
        if errors:
            raise InvalidInput(errors)
        return self

    def verdict(self, memory: TypedFactRow, now: datetime) -> str | None:
        """Return the rule that expires the fact now; None if none does. Age counts from the last change."""
        for rule in self.rules:
            if rule.match.fits(memory):
                return rule.name if _is_older(memory, rule.expire_after, now) else None
        limit = self.retention.get(memory.kind, NEVER)
        return f"retention.{memory.kind}" if _is_older(memory, limit, now) else None

    def purges(self, memory: TypedFactRow, now: datetime) -> bool:
        """Return True if the fact has been expired longer than `purge_expired_after`."""
        kept = duration(self.purge_expired_after)
        return kept is not None and memory.expired_at is not None and now - memory.expired_at >= kept


class Preset(Struct, frozen=True, kw_only=True):
    name: str
    description: str
    policy: Policy


def duration(text: str) -> timedelta | None:
    """Parse a duration; None for `never`. Raises ValueError."""
    if text == NEVER:
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match["number"]) * _UNITS[match["unit"]]


def _check(field: str, text: str, errors: dict[str, str]) -> None:
    try:
        duration(text)
    except ValueError:
        errors.setdefault(field, "must be a number and a unit (m, h, d, w, mo, y), such as 30d, or never")


def _is_older(memory: TypedFactRow, limit: str, now: datetime) -> bool:
    age = duration(limit)
    return age is not None and now - (memory.updated_at or memory.created_at) >= age


_PINNED = PolicyRule(name="pinned", match=PolicyMatch(tags=["pinned"]))


def _preset(
    name: str, description: str, retention: Mapping[str, str], rules: Sequence[PolicyRule] = (), purge: str = NEVER
) -> Preset:
    policy = Policy(retention=dict(retention), rules=[_PINNED, *rules], purge_expired_after=purge)
    return Preset(name=name, description=description, policy=policy)


_UNSURE = 0.5  # confidence below which inferred or imported facts expire early
PRESETS = {
    preset.name: preset
    for preset in (
        _preset(
            "conservative",
            "Expires only context, events and errors, after 30 to 90 days.",
            {"context": "30d", "event": "90d", "error": "90d"},
        ),
        _preset(
            "balanced",
            "Expires context after a week, events after a month, commitments after 90 days.",
            {
                "context": "7d",
                "event": "30d",
                "error": "30d",
                "observation": "60d",
                "commitment": "90d",
                "artifact": "180d",
            },
            [
                PolicyRule(name="scratch", match=PolicyMatch(tags=["scratch", "temp"]), expire_after="3d"),
                PolicyRule(
                    name="unsure",
                    match=PolicyMatch(provenance=[Attribution.INFERRED], confidence_below=_UNSURE),
                    expire_after="14d",
                ),
            ],
        ),
        _preset(
            "aggressive",
            "Keeps preferences, instructions and relationships; all else expires within 180 days.",
            {
                "context": "3d",
                "event": "14d",
                "error": "14d",
                "observation": "30d",
                "commitment": "30d",
                "artifact": "60d",
                "fact": "180d",
                "decision": "180d",
                "goal": "180d",
                "learning": "180d",
            },
            [
                PolicyRule(name="scratch", match=PolicyMatch(tags=["scratch", "temp"]), expire_after="1d"),
                PolicyRule(
                    name="unsure",
                    match=PolicyMatch(
                        provenance=[Attribution.IMPORTED, Attribution.INFERRED], confidence_below=_UNSURE
                    ),
                    expire_after="7d",
                ),
            ],
            purge="365d",
        ),
    )
}
