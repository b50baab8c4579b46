"""The command line without a database."""

import tomllib
from pathlib import Path

from click.testing import CliRunner

from app.cli.main import cli

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_version_is_the_projects():
    version = tomllib.loads(PROJECT.read_text())["project"]["version"]
    result = CliRunner().invoke(cli, ["--version"])
    assert (result.exit_code, result.output.split()[-1]) == (0, version)
    assert f"## {version} " in (PROJECT.parent / "CHANGELOG.md").read_text(), "the changelog has this version"


def test_every_command_explains_itself():
    for command in cli.commands.values():
        assert (command.help or "").strip(), command.name
