"""Options that several commands share."""

import os
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

from app.cli.console import set_up_logging
from app.settings import Settings, load_settings

_T = TypeVar("_T")

data_dir_option = click.option(
    "--data-dir", metavar="DIR", help="Where everything is kept (MNEMON_DATA_DIR; default .mnemon)."
)


def run_async(work: Coroutine[Any, Any, _T]) -> _T:
    import asyncio  # noqa: PLC0415 - help is answered without it

    return asyncio.run(work)


def settings_from(**overrides: object) -> Settings:
    """Load settings, with the command's options overriding the environment, and set up logging."""
    settings = load_settings(os.environ, **overrides)
    set_up_logging(settings.log_level)
    return settings
