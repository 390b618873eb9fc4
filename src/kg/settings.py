"""Settings: one frozen value, read once at the edge and passed in.

A setting is given by flag, by environment variable (``KG_TIMEOUT``) or in ``kg.toml`` in the
working directory, in that order; else its default holds. ``Settings`` declares them, ``TABLE`` is
the list of its rows: docs/settings.md shows it, and a test keeps the two alike.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from kg.errors import UsageError

CONFIG_FILE: Final = "kg.toml"


def default_store(environ: Mapping[str, str] = os.environ) -> Path:
    """The per-user data directory (XDG base directory specification): ``~/.local/share/kg``."""
    base = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".local/share")
    return Path(base) / "kg"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. ``read`` turns the text into the value or raises ValueError.

    ``default`` is None where it depends on the user: ``help`` tells it then.
    """

    name: str
    default: Any
    help: str
    read: Callable[[str], Any]
    repeatable: bool = False
    secret: bool = False
    """Not shown: neither in messages nor in what ``repr`` says. Empty is not the same as not given."""

    @property
    def variable(self) -> str:
        return f"KG_{self.name.upper()}"

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"


LOG_FORMATS: Final = ("text", "json", "off")

_B64TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")

LEAST_MEMORY: Final = 192
"""MiB of address space in which an executor can start and answer; with 128 it could not."""


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError("a whole number above 0")
    return number


def _none_or_more(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError("a whole number, or 0 for none")
    return number


def _mebibytes(text: str) -> int:
    number = int(text)
    if number < LEAST_MEMORY:
        raise ValueError(f"at least {LEAST_MEMORY}: an executor needs some memory of its own")
    return number


def _header(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("the value of an HTTP header: * or an origin such as https://reader.example")
    return text


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError("a port from 0 to 65535")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number <= 86_400:
        raise ValueError("seconds above 0, at most a day")
    return number


def _log_format(text: str) -> str:
    if text not in LOG_FORMATS:
        raise ValueError(f"one of {', '.join(LOG_FORMATS)}")
    return text


def _path(text: str) -> Path:
    if not text:
        raise ValueError("a folder")
    return Path(text).expanduser()


def _token(text: str) -> str:
    if not _B64TOKEN.fullmatch(text):
        raise ValueError("one or more of A-Z a-z 0-9 - . _ ~ + / and = at the end (RFC 6750, 2.1)")
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _setting(
    default: Any, help: str, read: Callable[[str], Any], repeatable: bool = False, secret: bool = False
) -> Any:
    """A field of ``Settings`` that knows its row of the table. A default that is called is made anew."""
    row = {"help": help, "read": read, "repeatable": repeatable, "secret": secret}
    if callable(default):
        return field(default_factory=default, metadata=row)
    return field(default=default, metadata=row, repr=not secret)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its value: its default, what it means and how it is read stand here, once."""

    store: Path = _setting(  # noqa: RUF009 (it is a field)
        default_store, "folder that holds the releases (default: a per-user data directory)", _path
    )
    host: str = _setting("127.0.0.1", "address to serve on", str)
    port: int = _setting(8000, "port to serve on", _port)
    workers: int = _setting(1, "web processes; limits, cache and pool are counted in each", _positive)
    timeout: float = _setting(30.0, "query deadline in seconds, from the arrival of the request", _seconds)
    stall: float = _setting(10.0, "seconds that a reader may be behind 64 KiB/s before it is cut", _seconds)
    memory: int = _setting(2048, "memory of one query executor in MiB", _mebibytes)
    executors: int = _setting(2, "queries that may run at once", _positive)
    max_rows: int = _setting(10_000_000, "most rows or triples of one answer; 0 for no limit", _none_or_more)
    max_body: int = _setting(1_048_576, "largest request body in bytes", _positive)
    max_url: int = _setting(65_536, "longest request target in bytes", _positive)
    receive: float = _setting(
        10.0, "seconds in which a request must arrive, and one more for each 16 KiB", _seconds
    )
    service_allow: tuple[str, ...] = _setting(
        (), "endpoint IRI that SERVICE may ask (repeatable); none by default", _words, repeatable=True
    )
    cors: str = _setting("*", "value of Access-Control-Allow-Origin", _header)
    token: str = _setting(
        "",
        "bearer token without which nothing is answered; better given as KG_TOKEN",
        _token,
        secret=True,
    )
    cache: int = _setting(64, "MiB of answers kept in memory; 0 keeps none", _none_or_more)
    log_format: str = _setting("text", "access log on standard error: text, json or off", _log_format)
    slow: float = _setting(5.0, "seconds after which a query is logged with its text", _seconds)

    @classmethod
    def load(
        cls,
        flags: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] = os.environ,
        folder: Path | None = None,
    ) -> Settings:
        """Settings from flags, then ``KG_*`` variables, then ``kg.toml`` in ``folder``.

        ``flags`` maps setting names to text (or None where a flag was not given). Raises
        UsageError naming the flag, variable or key, for a value that cannot be read and for
        a key of kg.toml that is no setting.
        """
        config = _config(folder or Path.cwd())
        values: dict[str, Any] = {"store": default_store(environ)}
        for setting in TABLE:
            variable = environ.get(setting.variable)
            for source, text in (
                (setting.flag, (flags or {}).get(setting.name)),
                (setting.variable, variable if setting.secret else variable or None),
                (f"{CONFIG_FILE}: {setting.name}", config.get(setting.name)),
            ):
                if text is not None and text != []:
                    values[setting.name] = _read(setting, source, text)
                    break
        return cls(**values)


def _row(of: Field[Any]) -> Setting:
    default = None if of.default is MISSING else of.default
    return Setting(of.name, default, **of.metadata)


TABLE: Final = tuple(map(_row, fields(Settings)))
"""The settings, row by row."""


def _config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", hint="write it as TOML: timeout = 10") from error
    except RecursionError as error:
        raise UsageError(f"{path}: it nests too deep", hint="write it as TOML: timeout = 10") from error
    known = {f.name for f in fields(Settings)}
    for key in content:
        if key not in known:
            raise UsageError(f"{path}: {key!r} is not a setting", hint="one of: " + ", ".join(sorted(known)))
    return content


def _read(setting: Setting, source: str, value: Any) -> Any:
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    try:
        return setting.read(text)
    except ValueError as error:
        shown = "its value" if setting.secret else repr(text)
        raise UsageError(f"{source}: {shown} cannot be read: {error}", hint=setting.help) from error
