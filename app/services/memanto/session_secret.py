"""The secret that signs session tokens."""

import secrets

from app.graph import agents
from app.graph.database import Database

_SECRET_BYTES = 32


async def session_secret(db: Database) -> str:
    """Return the database's random secret, made at the first call, so that all services on it accept the same tokens.

    It has nothing to do with any key: a token tells nothing about the API key.
    """
    return await agents.session_secret(db, fresh=secrets.token_hex(_SECRET_BYTES))
