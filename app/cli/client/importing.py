"""Importing a file: converted where it is another program's, sent in parts, followed to the end."""

import hashlib
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from app.cli.client.following import UNFINISHED, follow_operation
from app.cli.client.service import Service
from app.cli.console import err, out, step
from app.domain.errors import SetupError
from app.importers.formats import FOLDERS, FORMATS
from app.importers.reading import Reading, checked
from app.importers.tables import FIELDS

# Lines sent at once: what an interrupted import has to send again.
_PART_LINES = 5_000
_PART_BYTES = 1 << 20
_SHOWN_ERRORS = 10


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
        if extract is None:
            extract = format_ is not None
        operations = list(_send(service, spool, extract=extract, whole=format_ is None))
    imported: Counter[str] = Counter()
    errors: list[str] = []
    for operation in operations:
        report = operation.get("imported", {})
        imported.update(report.get("counts", {}))
        errors += [error["reason"] for error in report.get("errors", [])]
    if not as_json:
        _show("imported", imported, Counter(errors))
        if not extract and imported["rawData"] and not imported["fact"]:
            err.print("Nothing in it is a fact: with --extract, facts are read from it.", style="yellow", markup=False)
    if extract:
        operations += _follow_extraction(service, as_json=as_json)
    return {**summary, "imported": imported, "errors": errors, "operations": [o["operationId"] for o in operations]}


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
        except (OSError, BadZipFile) as error:
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


def _send(service: Service, spool: IO[bytes], *, extract: bool, whole: bool) -> Iterator[dict[str, Any]]:
    """Send the lines and yield the finished operations. `whole`: at once, since lines may name later ones.

    A part that was sent before is known by its key, so that an interrupted import goes on where it was.
    """
    if whole:
        parts = iter(lambda: spool.read(_PART_BYTES), b"")
        yield _ended(service, service.upload(parts, extract=extract)["operationId"])
        return
    while lines := list(itertools.islice(spool, _PART_LINES)):
        key = hashlib.sha256(b"".join(lines) + repr((service.ids, extract)).encode()).hexdigest()
        operation_id = service.upload(lines, key=key, partial=True, extract=extract)["operationId"]
        if service.get(f"memory/operations/{operation_id}")["status"] == "failed":
            # The key names an earlier try.
            operation_id = service.upload(lines, partial=True, extract=extract)["operationId"]
        yield _ended(service, operation_id)


def _ended(service: Service, operation_id: str) -> dict[str, Any]:
    ended = follow_operation(service, operation_id)
    if ended["status"] == "failed":
        raise SetupError(f"The import failed: {ended['error']['reason']}")
    return ended


def _follow_extraction(service: Service, *, as_json: bool) -> list[dict[str, Any]]:
    """Wait until all that was queued for extraction is extracted."""
    ended: list[dict[str, Any]] = []
    while queued := [
        row
        for row in service.get_of_memory("operations", limit=100)["operations"]
        if row["status"] in UNFINISHED and row["kind"] == "extract"
    ]:
        ended.append(follow_operation(service, queued[-1]["operationId"]))
    failed = [operation for operation in ended if operation["status"] == "failed"]
    if failed:
        raise SetupError(f"The extraction failed: {failed[0]['error']['reason']}. `mnemon operations` lists it.")
    if ended and not as_json:
        facts = sum(len(operation["result"]["result"]["itemIds"]) for operation in ended)
        out.print(f"extracted {facts} facts", markup=False)
    return ended


def _show(what: str, counts: dict[str, int] | Counter[str], left_out: Counter[str]) -> None:
    out.print(f"{what} " + (", ".join(f"{n} {kind}" for kind, n in counts.items() if n) or "nothing"), markup=False)
    for reason, number in left_out.most_common(_SHOWN_ERRORS):
        err.print(f"left out: {number} {reason}", style="yellow", markup=False)
