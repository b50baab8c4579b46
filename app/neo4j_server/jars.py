"""Neo4j's jars: fetched once from Maven Central into the user's cache, every hash checked."""

import hashlib
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import httpx
from jgo.maven import MavenContext
from msgspec import Struct

from app.domain.errors import SetupError
from app.observability.logs import log_event
from app.private_folder import private_folder

_log = logging.getLogger(__name__)

NEO4J_VERSION = "2026.08.1"
_LOCK = f"neo4j-{NEO4J_VERSION}.lock"
_PARALLEL = 12  # parallel downloads: with 238 small files, latency dominates
_HASHED_AT_ONCE = 4
_TRIES = 4
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416  # RFC 9110

# Called with (jars done, jars in all, bytes received so far), from several threads.
OnProgress = Callable[[int, int, int], None]


class Jar(Struct, frozen=True, kw_only=True):
    """One line of the lock file: `path` below a Maven repository, `name` of the file, its SHA-256."""

    path: str
    name: str
    sha256: str


def locked_jars() -> list[Jar]:
    context = MavenContext()
    found: list[Jar] = []
    for line in files("app.neo4j_server").joinpath(_LOCK).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        coordinate, sha256 = line.split()
        group, artifact, version, classifier = (*coordinate.split(":"), "")[:4]
        jar = context.project(group, artifact).at_version(version).artifact(classifier)
        found.append(
            Jar(path=f"{jar.component.path_prefix.as_posix()}/{jar.filename}", name=jar.filename, sha256=sha256),
        )
    return found


def ensure_jars(cache_dir: Path, *, maven_url: str = "", on_progress: OnProgress | None = None) -> Path:
    """Return the folder with all jars; download what is missing or changed.

    The hash of every jar is verified at each call (190 MB, a quarter of a second). A download gets its final name only
    after that; an interrupted one is resumed. Raises SetupError for a network error or a wrong hash.
    """
    folder = private_folder(cache_dir / f"neo4j-{NEO4J_VERSION}")
    jars = locked_jars()
    with ThreadPoolExecutor(_HASHED_AT_ONCE) as pool:
        checked = [(jar, pool.submit(_is_sound, folder / jar.name, jar)) for jar in jars]
        missing = [jar for jar, sound in checked if not sound.result()]
    if missing:
        base = maven_url.rstrip("/") or next(iter(MavenContext().remote_repos.values()))
        _fetch_all(missing, folder, base, on_progress or _silent)
    return folder


def _is_sound(file: Path, jar: Jar) -> bool:
    """Return False, and log it, for a file that is not the locked one; False also if it is missing."""
    if not file.exists():
        return False
    if _sha256(file) == jar.sha256:
        return True
    log_event(_log, logging.WARNING, "a jar of Neo4j is not the locked one and is fetched again", jar=jar.name)
    return False


def _silent(_done: int, _total: int, _received: int) -> None:
    pass


def _fetch_all(jars: list[Jar], folder: Path, base: str, on_progress: OnProgress) -> None:
    done, received = 0, 0

    def count(size: int) -> None:
        nonlocal received
        received += size
        on_progress(done, len(jars), received)

    with httpx.Client(timeout=30, follow_redirects=True) as client, ThreadPoolExecutor(_PARALLEL) as pool:
        tasks = [pool.submit(_fetch, client, f"{base}/{jar.path}", jar, folder, count) for jar in jars]
        try:
            for task in tasks:
                task.result()
                done += 1
                on_progress(done, len(jars), received)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch(client: httpx.Client, url: str, jar: Jar, folder: Path, count: Callable[[int], None]) -> None:
    target = folder / jar.name
    # Part files carry the process id, so that two processes don't share one; a dead process's part is resumed.
    part = _adopt_part(folder, jar.name)
    for attempt in range(1, _TRIES + 1):
        try:
            _download(client, url, part, count)
            break
        except httpx.HTTPStatusError as error:
            raise SetupError(f"{url} answered {error.response.status_code}. Is MNEMON_MAVEN_URL right?") from error
        except httpx.HTTPError as error:
            if attempt == _TRIES:
                raise SetupError(
                    f"Neo4j could not be downloaded ({type(error).__name__} for {url}). Check the network and run the "
                    "command again: the download resumes. Or set MNEMON_MAVEN_URL to a mirror of Maven Central, "
                    "or MNEMON_NEO4J_URI to a Neo4j that runs already.",
                ) from error
            time.sleep(2 ** (attempt - 1))
    if (found := _sha256(part)) != jar.sha256:
        part.unlink()
        raise SetupError(f"{jar.name} has SHA-256 {found}, not {jar.sha256} as locked: it was deleted. Run again.")
    part.replace(target)


def _adopt_part(folder: Path, name: str) -> Path:
    part = folder / f"{name}.{os.getpid()}.part"
    for other in folder.glob(f"{name}.*.part"):
        owner = other.name.removesuffix(".part").rpartition(".")[2]
        if owner.isdigit() and not _is_alive(int(owner)):
            try:
                other.replace(part)
            except FileNotFoundError:
                continue
            break
    return part


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _download(client: httpx.Client, url: str, part: Path, count: Callable[[int], None]) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == _RANGE_NOT_SATISFIABLE:
            return  # the part is complete already; the hash check follows
        response.raise_for_status()
        append = response.status_code == _PARTIAL_CONTENT
        with part.open("ab" if append else "wb") as file:
            for chunk in response.iter_bytes():
                file.write(chunk)
                count(len(chunk))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
