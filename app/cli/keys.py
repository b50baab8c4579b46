"""`mnemon keys`: make, list and revoke API keys."""

import contextlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import click

from app.cli.console import err, out
from app.cli.options import data_dir_option, run_async, settings_from
from app.domain.access import ApiKey, Right
from app.domain.errors import InvalidInput, SetupError

if TYPE_CHECKING:
    from app.services.access.keys import Keys

_T = TypeVar("_T")
_DAYS = re.compile(r"([0-9]{1,5})d")


@click.group()
def keys() -> None:
    """Make, list and revoke API keys. The service needs a key as soon as there is one."""


@keys.command()
@click.option("--name", required=True, help="Whom the key is for.")
@click.option(
    "--scope", type=click.Choice([str(right) for right in Right]), required=True, help="Each includes those before it."
)
@click.option(
    "--user", "users", multiple=True, metavar="NAME", help="Only this userId, or NAME* for a beginning; repeatable."
)
@click.option("--agent", "agents", multiple=True, metavar="NAME", help="Only this agentId, or NAME*; repeatable.")
@click.option("--expires", metavar="WHEN", help="End of the key: 90d (days from now) or 2027-01-31 (UTC).")
@data_dir_option
def create(
    name: str, scope: str, users: tuple[str, ...], agents: tuple[str, ...], expires: str | None, data_dir: str | None
) -> None:
    """Make a key and print it. It is shown this once: only its hash is stored."""
    end = _end(expires) if expires else None
    made = _run(
        data_dir, lambda keys: keys.create(name=name, right=Right(scope), users=users, agents=agents, expires_at=end)
    )
    err.print(f"{made.key.id} for {name}; it is shown this once:", markup=False)
    out.print(made.secret, markup=False)


@keys.command("list")
@data_dir_option
def list_all(data_dir: str | None) -> None:
    """List all keys, newest first."""
    now = datetime.now(UTC)
    for key in _run(data_dir, lambda keys: keys.every()):
        out.print("  ".join(_columns(key, now)), markup=False)


@keys.command()
@click.argument("key_id", metavar="ID")
@data_dir_option
def revoke(key_id: str, data_dir: str | None) -> None:
    """Revoke a key. A running service refuses it within five seconds."""
    _run(data_dir, lambda keys: keys.revoke(key_id))
    out.print(f"revoked {key_id}", markup=False)


def _run(data_dir: str | None, work: Callable[["Keys"], Awaitable[_T]]) -> _T:
    from app.connections import neo4j_address, open_database
    from app.services.access.keys import Keys

    settings = settings_from(data_dir=data_dir, log_level="ERROR")

    async def run() -> _T:
        async with contextlib.aclosing(open_database(neo4j_address(settings))) as db:
            return await work(Keys(db))

    try:
        return run_async(run())
    except InvalidInput as error:
        raise SetupError(error.fields) from error


def _columns(key: ApiKey, now: datetime) -> list[str]:
    state = "revoked" if key.revoked_at else "valid" if key.is_valid(now) else "expired"
    return [
        key.id,
        f"{state:7}",
        f"{key.right:6}",
        f"users {','.join(key.users) or 'all'}",
        f"agents {','.join(key.agents) or 'all'}",
        f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "no end",
        f"used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used",
        key.name,
    ]


def _end(text: str) -> datetime:
    if days := _DAYS.fullmatch(text):
        return datetime.now(UTC) + timedelta(days=int(days[1]))
    try:
        end = datetime.fromisoformat(text)
    except ValueError:
        raise SetupError(f"--expires must be a number of days (90d) or a date (2027-01-31), not {text}.") from None
    return end if end.tzinfo else end.replace(tzinfo=UTC)
