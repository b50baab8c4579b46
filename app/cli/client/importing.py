"""Importing a file: converted where it is another program's, sent in parts, followed to the end."""

import hashlib
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from app.cli.client.following import follow_operation
from app.cli.client.service import Service
from app.cli.console import err, out, step
from app.domain.bundle import LineKind
from app.domain.errors import SetupError
from app.importers.formats import FOLDERS, FORMATS
from app.importers.reading import Reading, checked
from app.importers.tables import FIELDS

# Lines sent at once.
_PART_LINES = 5_000
_PART_BYTES = 1 << 20
_SHOWN_ERRORS = 10
_ORDER = {str(kind): place for place, kind in enumerate(LineKind)}


class _Kind(msgspec.Struct):
    kind: str


def options_of(*, speaker: str | None, time_zone: str, date_order: str | None, columns: Sequence[str]) -> Reading:
    """Check the options. Raises SetupError."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SetupError(f"There is no time zone {time_zone!r}: name one like Europe/Lisbon.") from None
    pairs = [column.partition("=") for column in columns]
    for field, _, name in pairs:
        if field not in FIELDS or not name:
            raise SetupError(f"--column takes FIELD=NAME with one of the fields {', '.join(FIELDS)}.")
    return Reading(speaker=speaker, zone=zone, date_order=date_order, columns={f: name for f, _, name in pairs})


def run_import(
    service: Service,
    file: Path,
    format_: str | None,
    reading: Reading,
    *,
    extract: bool | None,
    dry_run: bool,
    as_json: bool,
) -> Any:
    """Return what the command prints with --json. Raises SetupError if the file can't be read or an import fails."""
    with tempfile.TemporaryFile() as spool:
        counts = _read(file, format_, reading, spool)
        if not as_json:
            _show("would import" if dry_run else "read", counts, reading.left_out)
        summary = {"counts": counts, "leftOut": dict(reading.left_out)}
        if dry_run or not counts:
            return summary
        spool.seek(0)
        sent = _Sent()
        if format_ is None:
            # At once, since its lines may name later ones.
            whole = iter(lambda: spool.read(_PART_BYTES), b"")
            sent.add(_ended(service, service.upload(whole)["operationId"]))
        else:
            while lines := list(itertools.islice(spool, _PART_LINES)):
                sent.add(_import_part(service, b"".join(lines)))
        if not as_json:
            _show("imported", sent.counts, sent.refused)
        if extract if extract is not None else format_ is not None:
            spool.seek(0)
            _extract(service, spool, sent, as_json=as_json)
        elif sent.counts["rawData"] and not sent.counts["fact"]:
            err.print("Nothing in it is a fact: with --extract, facts are read from it.", style="yellow", markup=False)
    if sent.refused and not as_json:
        raise SetupError(f"{sent.refused.total()} lines were refused.")
    answer = {"imported": sent.counts, "refused": sent.refused, "operations": sent.operations, "facts": sent.facts}
    return {**summary, **answer}


class _Sent:
    """Totals over the parts that were sent. `refused`: reason → lines."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.operations: list[str] = []
        self.facts = 0

    def add(self, operation: dict[str, Any]) -> None:
        report = operation["imported"]
        self.operations.append(operation["operationId"])
        self.counts.update(report["counts"])
        self.refused.update(error["reason"] for error in report["errors"])
        unnamed = report["errorCount"] - len(report["errors"])
        if unnamed > 0:
            self.refused["further lines"] += unnamed


def _read(file: Path, format_: str | None, reading: Reading, spool: IO[bytes]) -> dict[str, int]:
    """Write the lines of the bundle to `spool` and return their number by kind."""
    if file.is_dir() and format_ != FOLDERS:
        raise SetupError(f"{file} is a folder; only --from {FOLDERS} reads one.")
    counts: Counter[str] = Counter()
    lines = _lines_of(file) if format_ is None else checked(FORMATS[format_](file, reading), reading)
    with step(f"Reading {file.name}"):
        try:
            for line in lines:
                counts[_kind_of(line)] += 1
                spool.write(line)
        except OSError as error:
            raise SetupError(f"{file} can't be read: {error}") from error
    return dict(counts)


def _lines_of(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        for line in opened:
            yield line if line.endswith(b"\n") else line + b"\n"


def _kind_of(line: bytes) -> str:
    """Return the kind that the line names; whether the line is valid, the service says."""
    try:
        return msgspec.json.decode(line, type=_Kind).kind
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "invalid"


def _import_part(service: Service, part: bytes) -> dict[str, Any]:
    """Send a part of another program's data and return its operation, finished. One that was sent before is known by its
    key; invalid lines are left out.
    """
    key = hashlib.sha256(part + repr(service.ids).encode()).hexdigest()
    operation_id = service.upload([part], partial=True, key=key)["operationId"]
    earlier = service.get(f"memory/operations/{operation_id}")
    if earlier["status"] == "failed" or (earlier["status"] == "succeeded" and "imported" not in earlier):
        # The key names an earlier try, or one of which something was forgotten since.
        operation_id = service.upload([part], partial=True)["operationId"]
    return _ended(service, operation_id)


def _ended(service: Service, operation_id: str) -> dict[str, Any]:
    ended = follow_operation(service, operation_id)
    if ended["status"] == "failed":
        raise SetupError(f"The import failed: {ended['error']['reason']}")
    return ended


def _extract(service: Service, spool: IO[bytes], sent: _Sent, *, as_json: bool) -> None:
    """Send the raw data again, now that all facts are there: those that no fact cites are read, and nothing else changes."""
    raw_data = (line for line in spool if _kind_of(line) == LineKind.RAW_DATA)
    problems: list[str] = []
    while lines := list(itertools.islice(raw_data, _PART_LINES)):
        operation = _ended(service, service.upload(lines, partial=True, extract=True)["operationId"])
        for operation_id in operation["imported"]["extractions"]:
            operation = follow_operation(service, operation_id)
            sent.operations.append(operation_id)
            if operation["status"] == "failed":
                problems.append(operation["error"]["reason"])
                continue
            result = operation["result"]["result"]
            sent.facts += len(result["itemIds"])
            problems += filter(None, [result.get("errorMessage")])
    if not as_json:
        out.print(f"extracted {sent.facts} facts", markup=False)
    if problems:
        raise SetupError(f"Not everything could be extracted; the command can be run again. {problems[0]}")


def _show(what: str, counts: dict[str, int] | Counter[str], left_out: Counter[str]) -> None:
    in_order = sorted(counts.items(), key=lambda row: _ORDER.get(row[0], len(_ORDER)))
    out.print(f"{what} " + (", ".join(f"{n} {kind}" for kind, n in in_order if n) or "nothing"), markup=False)
    for reason, number in left_out.most_common(_SHOWN_ERRORS):
        err.print(f"left out: {number} {reason}", style="yellow", markup=False)
