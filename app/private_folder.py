"""Folders that only their owner may enter."""

import logging
from pathlib import Path

from app.domain.errors import SetupError
from app.observability.logs import log_event

_log = logging.getLogger(__name__)
_OWNER_ONLY = 0o700
OWNER_ONLY_UMASK = 0o077


def private_folder(path: Path) -> Path:
    """Create the folder, with its parents, for its owner only; an existing one is closed to others. Raises SetupError.

    Everything below is out of reach for other users then, whatever its own mode is.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=_OWNER_ONLY, exist_ok=True)
        if is_open_to_others(path):
            path.chmod(_OWNER_ONLY)
    except PermissionError as error:
        if not path.exists():
            raise SetupError(f"The folder {path} can't be written: {error.strerror}.") from error
        log_event(_log, logging.WARNING, "other users may read a folder that this user can't close", folder=str(path))
    except OSError as error:
        raise SetupError(f"The folder {path} can't be written: {error.strerror}.") from error
    return path


def is_open_to_others(path: Path) -> bool:
    """True if the group or all users may read, write or enter the folder."""
    return bool(path.stat().st_mode & OWNER_ONLY_UMASK)
