"""The secret that signs session tokens."""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from app.domain.errors import SetupError

_SECRET_CHARACTERS = 32


def session_secret(data_dir: Path, *, api_key: str) -> str:
    """Return the secret that signs session tokens: derived from the API key or, without one, a random one in the data
    folder, so that all processes share it. Raises SetupError.
    """
    if api_key:
        return hashlib.sha256(f"mnemon sessions\x1f{api_key}".encode()).hexdigest()
    path = data_dir / "session_secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Write a temporary file and link it: never half-written, and the first process wins.
        fresh = path.with_name(f"session_secret.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    secret = path.read_text().strip()
    if len(secret) < _SECRET_CHARACTERS:
        raise SetupError(f"{path} holds no valid secret: delete it. Then every agent must be activated again.")
    return secret
