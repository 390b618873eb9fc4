"""Settings: flag, variable, kg.toml, default, in that order."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from kg.errors import UsageError
from kg.settings import TABLE, Settings

DOCS = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_a_flag_wins_over_a_variable_over_the_file_over_the_default(tmp_path: Path):
    (tmp_path / "kg.toml").write_text("timeout = 3\nport = 9003\nexecutors = 3\n", encoding="utf-8")
    environ = {"KG_TIMEOUT": "2", "KG_PORT": "9002"}
    settings = Settings.load({"timeout": "1"}, environ, tmp_path)
    assert (settings.timeout, settings.port, settings.executors) == (1.0, 9002, 3)
    assert settings.memory == Settings().memory


@pytest.mark.parametrize(
    ("flags", "environ", "named"),
    [
        ({"port": "99999"}, {}, "--port"),
        ({"timeout": "0"}, {}, "--timeout"),
        ({"timeout": "nan"}, {}, "--timeout"),
        ({"workers": "many"}, {}, "--workers"),
        ({}, {"KG_MEMORY": "-1"}, "KG_MEMORY"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(
    flags: dict[str, Any], environ: dict[str, str], named: str, tmp_path: Path
):
    with pytest.raises(UsageError, match=named):
        Settings.load(flags, environ, tmp_path)


def test_an_unknown_key_of_the_file_is_refused(tmp_path: Path):
    (tmp_path / "kg.toml").write_text("timout = 3\n", encoding="utf-8")
    with pytest.raises(UsageError, match="timout"):
        Settings.load({}, {}, tmp_path)


def test_a_repeatable_setting_gathers_its_values(tmp_path: Path):
    settings = Settings.load({"service_allow": ["https://a.example/", "https://b.example/"]}, {}, tmp_path)
    assert settings.service_allow == ("https://a.example/", "https://b.example/")


@pytest.mark.parametrize("text", ["", "two words", "ümlaut", 'quo"te', "=x", "a\n"])
def test_a_token_is_one_word_and_never_shown(text: str, tmp_path: Path):
    for flags, environ in (({"token": text}, {}), ({}, {"KG_TOKEN": text})):
        with pytest.raises(UsageError) as caught:
            Settings.load(flags, environ, tmp_path)
        assert text == "" or text not in caught.value.message
    assert "mF_9" not in repr(Settings(token="mF_9.B5f-4.1JqM"))


def test_the_store_lies_in_the_users_data_directory(tmp_path: Path):
    assert Settings.load({}, {"HOME": "/home/ada"}, tmp_path).store == Path("/home/ada/.local/share/kg")
    assert Settings.load({}, {"XDG_DATA_HOME": "/data"}, tmp_path).store == Path("/data/kg")


def test_the_documentation_lists_each_setting_and_no_other():
    rows = re.findall(
        r"^\| `(--[a-z-]+)` \| `(KG_\w+)` \| ([^|]*) \|", DOCS.read_text(encoding="utf-8"), re.M
    )
    assert [(s.flag, s.variable) for s in TABLE] == [(flag, variable) for flag, variable, _ in rows]


def test_a_setting_stands_in_the_table_as_it_stands_in_the_value():
    value = Settings()
    assert [setting.name for setting in TABLE] == [f.name for f in fields(Settings)]
    assert all(s.default in (None, getattr(value, s.name)) for s in TABLE)


def test_the_documentation_tells_the_defaults():
    documented = re.findall(
        r"^\| `--[a-z-]+` \| `KG_\w+` \| ([^|]*) \|", DOCS.read_text(encoding="utf-8"), re.M
    )
    special = {None: documented[0], (): "none", "": "none", 30.0: "30", 10.0: "10", 5.0: "5"}
    assert documented == [special.get(s.default, str(s.default)) for s in TABLE]


@pytest.mark.parametrize(
    ("name", "value"),
    [("memory", "1"), ("cors", "a\nb: c"), ("log_format", "xml"), ("cache", "-1"), ("slow", "0")],
)
def test_what_could_not_work_later_is_refused_at_the_start(name: str, value: str):
    with pytest.raises(UsageError, match="--" + name.replace("_", "-")):
        Settings.load({name: value})
