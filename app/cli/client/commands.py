"""The commands. Each calls a running service; `--json` prints the service's answer as it is."""

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from app.cli.client.following import UNFINISHED, follow_operation
from app.cli.client.service import DEFAULT_URL, NOTHING_FOUND, UNREACHABLE, Service, Unreachable, connected
from app.cli.client.shown import show_items, show_receipt, show_walk
from app.cli.console import err, out, show_table
from app.domain.errors import SetupError
from app.importers import FORMAT_NAMES

P = ParamSpec("P")


CLIENT_COMMANDS: list[click.Command] = []


def _command(
    *decorators: Callable[[Any], Any], name: str | None = None
) -> Callable[[Callable[Concatenate[Service, P], Any]], Callable[..., None]]:
    """Make a command with the options of all of them. What the function returns is printed with --json."""

    def decorate(run: Callable[Concatenate[Service, P], Any]) -> Callable[..., None]:
        @functools.wraps(run)
        def command(url: str, user: str, agent: str, *args: P.args, **options: P.kwargs) -> None:
            as_json = bool(options.get("as_json"))
            try:
                with connected(url, os.environ.get("MNEMON_API_KEY", ""), user, agent) as service:
                    answer = run(service, *args, **options)
            except Unreachable as error:
                err.print(f"mnemon: {error.message}", style="red", markup=False)
                raise SystemExit(UNREACHABLE) from error
            if as_json:
                _print_json(answer)

        for option in reversed((*decorators, *_COMMON)):
            command = option(command)
        made = click.command(name=name or run.__name__)(command)
        CLIENT_COMMANDS.append(made)
        return made

    return decorate


_COMMON = (
    click.option(
        "--user", envvar="MNEMON_USER", default="default", show_default=True, help="Whose memory (MNEMON_USER)."
    ),
    click.option(
        "--agent", envvar="MNEMON_AGENT", default="default", show_default=True, help="Its agent (MNEMON_AGENT)."
    ),
    click.option(
        "--url", envvar="MNEMON_URL", default=DEFAULT_URL, show_default=True, help="The service (MNEMON_URL)."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the service's answer as JSON."),
)


@_command(click.argument("text"), click.option("--speaker", help="Who said it; default: the user."))
def remember(service: Service, text: str, speaker: str | None, *, as_json: bool) -> Any:
    """Store TEXT ("-" reads standard input) and show the facts that were read from it."""
    message = {"role": "USER", "content": [{"type": "text", "text": sys.stdin.read() if text == "-" else text}]}
    content = {"type": "conversation", "messages": [message | ({"userName": speaker} if speaker else {})]}
    answer = service.post("sync/extract", rawContent=content, sourceClient="mnemon")
    if not as_json:
        if answer["status"] == "SUCCESS":
            facts = [service.get_of_memory(f"items/{id_}") for id_ in answer["itemIds"]]
            out.print("\n".join(f["text"] for f in facts) or "Stored; no fact in it.", markup=False)
        else:
            out.print(f"Stored; extraction goes on as {answer.get('operationId', 'an operation')}.", markup=False)
    return answer


@_command(
    click.argument("query"),
    click.option("--deep", is_flag=True, help="Walk the graph in any case."),
    click.option("--trace", is_flag=True, help="Draw the walk as a tree."),
    click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True),
    click.option("--as-of", metavar="TIME", help="What was known then: 2026-01-31T00:00:00Z."),
)
def recall(
    service: Service, query: str, *, deep: bool, trace: bool, limit: int, as_of: str | None, as_json: bool
) -> Any:
    """Find facts about QUERY, best first, with who said them and when. Exit code 4 if there are none."""
    strategy = "DEEP" if deep else "AUTO"
    answer = service.post("retrieve", query=query, strategy=strategy, limit=limit, trace=trace or None, asOf=as_of)
    if not as_json:
        show_items(answer["items"])
        if trace:
            show_walk(answer["trace"])
    _warn_if_degraded(answer)
    return _found(answer, answer["items"], as_json=as_json)


@_command(
    click.argument("query"),
    click.option("--max-tokens", type=click.IntRange(1, 32_000), default=800, show_default=True),
    click.option("--as-of", metavar="TIME", help="What was known then: 2026-01-31T00:00:00Z."),
)
def context(service: Service, query: str, *, max_tokens: int, as_of: str | None, as_json: bool) -> Any:
    """Print text for a prompt about QUERY. Exit code 4 if nothing is near enough."""
    answer = service.post("context", query=query, maxTokens=max_tokens, asOf=as_of)
    if not as_json and answer["text"]:
        out.print(answer["text"], markup=False)
    _warn_if_degraded(answer)
    return _found(answer, answer["text"], as_json=as_json)


@_command(click.option("--search", default="", help="Part of a user's or agent's id."))
def memories(service: Service, search: str, *, as_json: bool) -> Any:
    """List the memories that the key reaches, with counts."""
    rows = [row for page in _pages(service.get, "memories", "memories", search=search) for row in page]
    if not as_json:
        columns = ("userId", "agentId", "rawDataCount", "itemCount", "entityCount")
        table = [[*(row[c] for c in columns), row.get("lastOccurredAt", "")[:10]] for row in rows]
        show_table(("user", "agent", "messages", "facts", "entities", "last"), table)
    return rows


@_command(
    click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True),
    click.option("--closed", is_flag=True, help="Also facts that hold no more."),
)
def facts(service: Service, limit: int, *, closed: bool, as_json: bool) -> Any:
    """List a memory's facts, the last observed first."""

    def ask(path: str, **query: Any) -> Any:
        return service.post(path, **query)

    rows: list[dict[str, Any]] = []
    for page in _pages(ask, "items/query", "items", limit=min(limit, 100), withClosed=closed):
        rows += page
        if len(rows) >= limit:
            break
    if not as_json:
        table = [
            [row["id"], row["observedAt"][:10], row.get("invalidAt", "")[:10], row["text"]] for row in rows[:limit]
        ]
        show_table(("id", "observed", "until", "fact"), table)
    return rows[:limit]


@_command(click.option("--follow", is_flag=True, help="Wait for all that are unfinished, with their progress."))
def operations(service: Service, *, follow: bool, as_json: bool) -> Any:
    """List a memory's operations, the last first. With --follow, exit code 1 if one failed meanwhile."""
    failed = False
    if follow:
        ids = [row["operationId"] for row in _operations(service) if row["status"] in UNFINISHED]
        failed = any(follow_operation(service, id_)["status"] == "failed" for id_ in ids)
    rows = _operations(service)
    if not as_json:
        table = [
            [
                row["operationId"],
                row["kind"],
                row["status"],
                f"{row['progress']['done']}/{row['progress']['total']}",
                row["createdAt"][:19],
                row.get("error", {}).get("reason"),
            ]
            for row in rows
        ]
        show_table(("id", "kind", "status", "done", "created", "error"), table)
    if failed:
        raise SystemExit(1)
    return rows


@_command(
    click.argument("file", type=click.Path(exists=True, path_type=Path)),
    click.option("--from", "format_", type=click.Choice(FORMAT_NAMES), help="What FILE is; default: a bundle."),
    click.option("--dry-run", is_flag=True, help="Only read FILE and count."),
    click.option(
        "--extract/--no-extract", default=None, help="Extract facts from what comes without; default: not from bundles."
    ),
    click.option("--speaker", help="Who the user of an assistant's chats is."),
    click.option("--time-zone", default="UTC", show_default=True, help="Of times without an offset: Europe/Lisbon."),
    click.option("--date-order", type=click.Choice(["dmy", "mdy"]), help="Of dates in figures (whatsapp)."),
    click.option("--column", "columns", multiple=True, metavar="FIELD=NAME", help="A column's name (csv, jsonl)."),
    name="import",
)
def import_(
    service: Service,
    file: Path,
    format_: str | None,
    dry_run: bool,
    extract: bool | None,
    speaker: str | None,
    time_zone: str,
    date_order: str | None,
    columns: tuple[str, ...],
    *,
    as_json: bool,
) -> Any:
    """Import FILE and wait for it: a bundle (docs/bundle.md) or, with --from, another program's data (docs/importing.md)."""
    from app.cli.client.importing import options_of, run_import  # noqa: PLC0415 - help is answered without it

    reading = options_of(speaker=speaker, time_zone=time_zone, date_order=date_order, columns=columns)
    answer = run_import(service, file, format_, reading, extract=extract, dry_run=dry_run, as_json=as_json)
    if as_json and answer.get("refused"):
        _print_json(answer)
        raise SystemExit(1)
    return answer


@_command(click.argument("file", type=click.Path(dir_okay=False, path_type=Path)))
def export(service: Service, file: Path, *, as_json: bool) -> Any:
    """Write the memory as a bundle to FILE, which is replaced once all of it is there."""
    partial = file.with_name(f"{file.name}.partial")
    try:
        lines = service.download(partial)
        partial.replace(file)
    except OSError as error:
        raise SetupError(f"{file} can't be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    if not as_json:
        out.print(f"{lines} lines in {file}", markup=False)
    return {"lines": lines, "file": str(file)}


@_command(
    click.option("--entity", help="Everything that names it."),
    click.option("--fact", "item_ids", multiple=True, metavar="ID", help="A fact; repeatable."),
    click.option("--with-sources", is_flag=True, help="Also the messages that the facts were read from."),
    click.option("--message", "raw_data_ids", multiple=True, metavar="ID", help="Raw data; repeatable."),
    click.option("--from", "start", metavar="TIME", help="What happened from then on: 2026-01-31T00:00:00Z."),
    click.option("--to", "end", metavar="TIME", help="… and before then."),
    click.option("--everything", is_flag=True, help="The whole memory."),
    click.option("--dry-run", is_flag=True, help="Only count."),
    click.option("--yes", is_flag=True, help="Don't ask."),
)
def forget(
    service: Service,
    entity: str | None,
    item_ids: tuple[str, ...],
    with_sources: bool,
    raw_data_ids: tuple[str, ...],
    start: str | None,
    end: str | None,
    everything: bool,
    dry_run: bool,
    yes: bool,
    *,
    as_json: bool,
) -> Any:
    """Delete for good, after showing what would go."""
    what = {
        "entity": entity,
        "itemIds": list(item_ids) or None,
        "withSources": with_sources or None,
        "rawDataIds": list(raw_data_ids) or None,
        "timeRange": {name: time for name, time in (("from", start), ("to", end)) if time} or None,
        "everything": everything or None,
    }
    if as_json and not (dry_run or yes):
        raise SetupError("With --json, add --dry-run or --yes.")
    if dry_run or not yes:
        preview = service.post("forget", **what, dryRun=True)
        if not as_json:
            show_receipt("would delete", preview)
        if dry_run:
            return preview
        click.confirm("Delete it for good?", abort=True)
    answer = service.post("forget", **what)
    if "nodes" not in answer:
        answer = follow_operation(service, answer["operationId"])
        if not as_json:
            out.print(f"{answer['status']} as {answer['operationId']}", markup=False)
    elif not as_json:
        show_receipt("deleted", answer)
    return answer


def _operations(service: Service) -> list[dict[str, Any]]:
    return service.get_of_memory("operations", limit=100)["operations"]


def _pages(ask: Callable[..., Any], path: str, rows: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
    cursor: str | None = None
    while True:
        page = ask(path, **query, cursor=cursor)
        yield page[rows]
        cursor = page.get("nextCursor")
        if not cursor:
            return


def _warn_if_degraded(answer: dict[str, Any]) -> None:
    if answer["status"] == "degraded":
        err.print("A channel failed or ran out of time: the answer may be incomplete.", style="yellow", markup=False)


def _print_json(answer: Any) -> None:
    out.file.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")


def _found(answer: Any, what: Any, *, as_json: bool) -> Any:
    """Return the answer, or end with the exit code for nothing found."""
    if what or as_json:
        return answer
    err.print("Nothing found.", style="dim", markup=False)
    raise SystemExit(NOTHING_FOUND)
