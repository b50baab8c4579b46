"""Options that several commands share."""

import os

import click

from app.cli.console import set_up_logging
from app.settings import Settings, load_settings

data_dir_option = click.option(
    "--data-dir", metavar="DIR", help="Where everything is kept (MNEMON_DATA_DIR; default .mnemon)."
)


def settings_from(**overrides: object) -> Settings:
    """Load settings, with the command's options overriding the environment, and set up logging."""
    settings = load_settings(os.environ, **overrides)
    set_up_logging(settings.log_level)
    return settings
