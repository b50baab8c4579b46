"""All settings. A test checks that the README's table lists every name."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import platformdirs

from app.domain.errors import SetupError
from app.domain.retrieval import QueryLog
from app.observability.logs import FORMATS

PREFIX = "MNEMON_"
# Names that other tools already use, and that people expect to work.
_SHARED_NAMES = {"openai_api_key": "OPENAI_API_KEY", "openai_base_url": "OPENAI_BASE_URL"}


_DEFAULT_MODEL = "gpt-4.1-mini"
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


_WAIT_SECONDS = 60.0
# A request's total time, as a multiple of the longest wait for an operation or for the language model.
_WAITS = 3
_LEAST = {
    "llm_concurrency": 1,
    "max_waiting_messages": 10,
    "requests_per_minute": 0,
    "audit_days": 30,  # as long as operations are kept, which are entries too
    "workers": 0,
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: int = 8366
    api_key: str = ""
    allowed_hosts: str = ""
    data_dir: Path = Path(".mnemon")
    cache_dir: Path = Path(platformdirs.user_cache_dir("mnemon"))
    log_level: str = "INFO"
    log_format: str = "text"

    neo4j_uri: str = ""
    neo4j_user: str = "neo4j"
    neo4j_password: str = ""
    neo4j_database: str = "neo4j"
    neo4j_memory_mib: int = 0
    maven_url: str = ""

    embedding_model: str = ""
    embedding_dimension: int = 0
    openai_api_key: str = ""
    openai_base_url: str = ""
    llm_model: str = ""
    vision_model: str = ""
    llm_concurrency: int = 4
    llm_timeout_seconds: float = 60.0

    workers: int = 2
    sync_timeout_seconds: float = 8.0
    idle_flush_seconds: float = 30.0
    max_body_mib: int = 16
    max_waiting_messages: int = 200_000
    requests_per_minute: int = 0
    audit_days: int = 90
    query_log: str = "off"

    @property
    def idle_flush_millis(self) -> int:
        return int(self.idle_flush_seconds * 1000)

    @property
    def max_operations_per_user(self) -> int:
        """Most unfinished operations of one user."""
        return self.max_waiting_messages // 10

    @property
    def logs_questions(self) -> QueryLog:
        return QueryLog(self.query_log.lower())

    @property
    def wait_seconds(self) -> float:
        """Longest wait for an operation. /api/v2 has no 202 response: its requests wait longer."""
        return max(_WAIT_SECONDS, self.sync_timeout_seconds)

    @property
    def request_seconds(self) -> float:
        """Total time of a request."""
        return _WAITS * max(self.wait_seconds, self.llm_timeout_seconds)

    @property
    def host_names(self) -> frozenset[str]:
        """The names in `allowed_hosts`, which are separated by commas."""
        return frozenset(name for part in self.allowed_hosts.split(",") if (name := part.strip().lower()))

    @property
    def language_model(self) -> str:
        """The model that extracts; empty for the local rules. With only OPENAI_API_KEY set: gpt-4.1-mini."""
        if self._has_no_model:
            return ""
        if names := self._models:
            return names[0]
        return _DEFAULT_MODEL if self.openai_api_key and not self.openai_base_url else ""

    @property
    def passes_chats_on(self) -> bool:
        """True if there is an endpoint for /v1, and MNEMON_LLM_MODEL does not turn language models off."""
        return bool(self.openai_api_key or self.openai_base_url) and not self._has_no_model

    @property
    def chat_models(self) -> list[str]:
        """Models that a chat of /v1 may name; none means any."""
        return self._models

    @property
    def _has_no_model(self) -> bool:
        return self.llm_model.lower() in {"none", "off"}

    @property
    def other_models(self) -> list[str]:
        """Models that a request may name instead: the rest of the list."""
        return self._models[1:]

    @property
    def _models(self) -> list[str]:
        return [name for part in self.llm_model.split(",") if (name := part.strip())]

    @property
    def manages_neo4j(self) -> bool:
        return not self.neo4j_uri


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return _SHARED_NAMES.get(field, PREFIX + field.upper())


def load_settings(environ: Mapping[str, str], /, **overrides: object) -> Settings:
    """Settings from the environment; `overrides` that are not None win. Raises SetupError for an invalid value."""
    values: dict[str, object] = {}
    for field in Settings.__struct_fields__:
        if text := environ.get(variable(field), "").strip():
            values[field] = text
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_decode_path)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].strip("`")
        given = f"{values[field]!r}" if field in values else str(error)
        raise SetupError(f"{variable(field)} can't be {given}: see the README's table of settings.") from error
    return _checked(settings)


def _checked(settings: Settings) -> Settings:
    if not 0 <= settings.port < 65536:
        raise SetupError(f"{variable('port')} must be a port number, not {settings.port}.")
    if settings.host not in {"127.0.0.1", "::1", "localhost"} and not settings.api_key:
        raise SetupError(
            f"Serving on {settings.host} opens every memory to the network: set {variable('api_key')}, "
            "or serve on 127.0.0.1.",
        )
    for field, least in _LEAST.items():
        if getattr(settings, field) < least:
            raise SetupError(f"{variable(field)} must be {least} or more, not {getattr(settings, field)}.")
    if settings.llm_timeout_seconds <= 0:
        raise SetupError(f"{variable('llm_timeout_seconds')} must be more than 0, not {settings.llm_timeout_seconds}.")
    if settings.log_level.upper() not in _LOG_LEVELS:
        raise SetupError(f"{variable('log_level')} must be one of {', '.join(_LOG_LEVELS)}, not {settings.log_level}.")
    if settings.query_log.lower() not in set(QueryLog):
        raise SetupError(f"{variable('query_log')} must be one of {', '.join(QueryLog)}, not {settings.query_log}.")
    if settings.log_format.lower() not in FORMATS:
        raise SetupError(f"{variable('log_format')} must be one of {', '.join(FORMATS)}, not {settings.log_format}.")
    if settings.embedding_model and settings.embedding_dimension < 1:
        raise SetupError(f"{variable('embedding_model')} also needs {variable('embedding_dimension')}.")
    return settings


def _decode_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path):
        return Path(value).expanduser()
    raise NotImplementedError(f"no setting of type {kind}")
