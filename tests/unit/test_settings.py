import re
from pathlib import Path

import pytest

from app.domain.errors import SetupError
from app.settings import Settings, load_settings, variable

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_setting_with_its_default():
    rows = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| `?([^|`]*)`? \|", README, re.MULTILINE))
    assert rows.keys() == {variable(field) for field in Settings.__struct_fields__}
    assert len(rows) <= 30
    for field, default in zip(Settings.__struct_fields__, Settings.__struct_defaults__, strict=True):
        if isinstance(default, int | float) or (isinstance(default, str) and default):
            assert rows[variable(field)].strip() == str(default), field


def test_the_command_line_overrides_the_environment():
    settings = load_settings({"MNEMON_PORT": "9000", "MNEMON_DATA_DIR": "~/x"}, port=9001)
    assert settings.port == 9001
    assert settings.data_dir == Path("~/x").expanduser()


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"MNEMON_PORT": "many"}, "MNEMON_PORT can't be 'many'"),
        ({"MNEMON_LOG_LEVEL": "loud"}, "MNEMON_LOG_LEVEL must be one of"),
        ({"MNEMON_WORKERS": "-1"}, "MNEMON_WORKERS must be 0 or more"),
        ({"MNEMON_PORT": "70000"}, "MNEMON_PORT must be a port"),
        ({"MNEMON_HOST": "0.0.0.0"}, "set MNEMON_API_KEY"),
        ({"MNEMON_EMBEDDING_MODEL": "m"}, "MNEMON_EMBEDDING_DIMENSION"),
        ({"MNEMON_LLM_CONCURRENCY": "0"}, "MNEMON_LLM_CONCURRENCY must be 1 or more"),
        ({"MNEMON_LLM_TIMEOUT_SECONDS": "0"}, "MNEMON_LLM_TIMEOUT_SECONDS must be more than 0"),
    ],
)
def test_invalid_settings_are_refused_with_the_fix(environ: dict[str, str], message: str):
    with pytest.raises(SetupError, match=message):
        load_settings(environ)


def test_listening_beyond_loopback_requires_a_key():
    assert load_settings({"MNEMON_HOST": "0.0.0.0", "MNEMON_API_KEY": "k"}).host == "0.0.0.0"


@pytest.mark.parametrize(
    ("environ", "model"),
    [
        ({}, ""),
        ({"OPENAI_API_KEY": "k"}, "gpt-4.1-mini"),
        ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://x/v1"}, ""),
        ({"OPENAI_BASE_URL": "http://x/v1", "MNEMON_LLM_MODEL": "qwen3"}, "qwen3"),
        ({"OPENAI_API_KEY": "k", "MNEMON_LLM_MODEL": "none"}, ""),
    ],
)
def test_which_language_model_extracts(environ: dict[str, str], model: str):
    assert load_settings(environ).language_model == model
