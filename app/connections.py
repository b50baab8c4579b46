"""Connections to the database and the models, as the settings name them."""

from typing import TYPE_CHECKING

from msgspec import Struct

from app.domain.errors import SetupError
from app.graph import schema
from app.graph.database import Database
from app.models.local.e5 import E5Embedder
from app.models.ports import Embedder
from app.neo4j_server.home import USER, Neo4jHome
from app.neo4j_server.server import running_server
from app.settings import Settings

if TYPE_CHECKING:
    from app.models.openai.chat import OpenAIChat


class Neo4jAddress(Struct, frozen=True, kw_only=True):
    uri: str
    user: str
    password: str
    database: str = "neo4j"


def external_neo4j(settings: Settings) -> Neo4jAddress:
    return Neo4jAddress(
        uri=settings.neo4j_uri,
        user=settings.neo4j_user,
        password=settings.neo4j_password,
        database=settings.neo4j_database,
    )


def neo4j_address(settings: Settings) -> Neo4jAddress:
    """Return the address of Neo4j. Raises SetupError if it is managed and not running."""
    if not settings.manages_neo4j:
        return external_neo4j(settings)
    home = Neo4jHome(settings.data_dir)
    state = running_server(home)
    if state is None:
        raise SetupError(
            f"No Neo4j runs on {home.path}: start one with 'mnemon serve' or 'mnemon neo4j start', "
            "or set MNEMON_NEO4J_URI."
        )
    return Neo4jAddress(uri=state.uri, user=USER, password=home.password())


def open_database(address: Neo4jAddress) -> Database:
    return Database(address.uri, user=address.user, password=address.password, database=address.database)


def create_language_model(settings: Settings) -> "OpenAIChat | None":
    """Create the language model; None if the local rules extract."""
    return create_chat(settings, settings.language_model)


def create_chat(settings: Settings, model: str) -> "OpenAIChat | None":
    """Return a client of the named model; None without a name."""
    if not model:
        return None
    from app.models.openai.chat import OpenAIChat  # noqa: PLC0415 - takes a third of a second
    from app.models.openai.rungs import RungMemory  # noqa: PLC0415

    return OpenAIChat(
        model=model,
        api_key=settings.openai_api_key,
        base_url=settings.openai_base_url,
        concurrency=settings.llm_concurrency,
        timeout_seconds=settings.llm_timeout_seconds,
        rungs=RungMemory(settings.cache_dir),
    )


def create_embedder(settings: Settings) -> Embedder:
    if settings.embedding_model:
        from app.models.openai.embedder import OpenAIEmbedder  # noqa: PLC0415 - takes a third of a second

        return OpenAIEmbedder(
            model=settings.embedding_model,
            dimension=settings.embedding_dimension,
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
        )
    return E5Embedder(settings.cache_dir)


async def prepare_schema(db: Database, embedder: Embedder) -> list[str]:
    """Migrates, checks the embedding model and waits for every index; returns the migrations that were new."""
    applied = await schema.migrate(db, dimension=embedder.dimension)
    await schema.check_embedding(db, model=embedder.model, dimension=embedder.dimension)
    await schema.wait_until_online(db)
    return applied
