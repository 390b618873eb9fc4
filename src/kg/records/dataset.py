"""``dataset.toml``: what a dataset is called, where its IRIs live, which sources it rests on."""

from __future__ import annotations

import datetime
import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kg import resources, vocab
from kg.errors import DataError, EnvironmentFault, NotFound
from kg.findings import Finding, Location, Severity

FILE: Final = "dataset.toml"
FOLDER: Final = "sources"
"""Where a dataset keeps its source texts, if it keeps them with itself."""

_REQUIRED: Final = ("name", "title", "base", "publisher", "licence")
_OPTIONAL: Final = ("description", "curator", "language", "version", "issued", "sources")
_BASE: Final = re.compile(r"https?://[^\s<>\"{}|\\^`]+/")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Source:
    """A source text: a file name within the folder that ``--sources`` gives, and a title."""

    file: str
    title: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A folder with a ``dataset.toml``. ``base`` ends in a slash; ``language`` is a BCP 47 tag."""

    root: Path
    name: str
    title: str
    base: str
    publisher: str
    licence: str
    description: str = ""
    curator: str = ""
    language: str = "en"
    version: str = ""
    issued: str = ""
    sources: tuple[Source, ...] = ()

    def iri(self, local_id: str) -> str:
        """The IRI of a record: ``person/x`` -> ``<base>id/person/x``."""
        return f"{self.base}id/{local_id}"

    def graph(self, local_id: str) -> str:
        """The named graph of a top-level record, or of a part of the build (``inferred``)."""
        return f"{self.base}graph/{local_id}"


def find(name_or_folder: str | Path | None = None) -> Dataset:
    """The dataset of this name or folder; the bundled one for None.

    Raises NotFound if there is neither a folder with a dataset.toml nor a bundled dataset of
    that name, and DataError (with a finding for each fault) if its dataset.toml is wrong.
    """
    if name_or_folder == "":
        raise NotFound("the dataset's name is empty", hint="leave it out to mean the bundled one")
    wanted = str(name_or_folder or resources.BUNDLED_DATASET)
    for folder in (Path(wanted), resources.data() / wanted):
        if (folder / FILE).is_file():
            return read(folder)
    bundled = sorted(p.parent.name for p in resources.data().glob(f"*/{FILE}"))
    near = difflib.get_close_matches(wanted, bundled, 1)
    raise NotFound(
        f"there is no dataset {wanted!r}: neither a folder with a {FILE} nor a bundled dataset",
        hint=f"did you mean {near[0]!r}?" if near else "bundled: " + ", ".join(bundled),
    )


def read(folder: Path) -> Dataset:
    """The dataset in this folder. Raises DataError if its dataset.toml cannot be read or is wrong."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except OSError as error:
        raise EnvironmentFault(f"{folder / FILE} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _wrong(
            folder, [_finding(1, f"{FILE} is not UTF-8: {error.reason}", "save it as UTF-8")]
        ) from error
    except RecursionError as error:
        raise _wrong(folder, [_finding(1, f"{FILE} nests too deep", "lay it out flatter")]) from error
    except tomllib.TOMLDecodeError as error:
        line = int(m[1]) if (m := re.search(r"line (\d+)", str(error))) else 1
        raise _wrong(folder, [_finding(line, f"{FILE} is not TOML: {error}", "mend the syntax")]) from error
    findings = list(_faults(content, text))
    if findings:
        raise _wrong(folder, findings)
    sources = tuple(Source(s["file"], s.get("title", s["file"])) for s in content.pop("sources", ()))
    content["issued"] = str(content.get("issued", ""))
    return Dataset(root=folder.resolve(), sources=sources, **content)


def _wrong(folder: Path, findings: list[Finding]) -> DataError:
    return DataError(f"{folder / FILE} is at fault", findings, folder)


def _finding(line: int, message: str, remedy: str) -> Finding:
    return Finding(Severity.VIOLATION, "dataset-toml", message, remedy, Location(FILE, line))


def _faults(content: dict[str, Any], text: str) -> Any:
    def at(key: str) -> int:
        found = re.search(rf"^\s*{re.escape(key)}\s*=", text, re.M)
        return text.count("\n", 0, found.start()) + 1 if found else 1

    known = (*_REQUIRED, *_OPTIONAL)
    for key in _REQUIRED:
        if key not in content:
            yield _finding(1, f"{key!r} is missing", f'add {key} = "…"')
    for key, value in content.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            yield _finding(
                at(key), f"{key!r} is unknown", f"did you mean {near[0]!r}?" if near else "remove it"
            )
        elif key == "issued":
            if not _is_day(value):
                yield _finding(at(key), "'issued' must be a day", "write issued = 2021-01-13")
        elif key != "sources" and not (isinstance(value, str) and value.strip()):
            yield _finding(at(key), f"{key!r} must be a text", f'write {key} = "…"')
    for key, pattern, like in (
        ("name", vocab.SLUG, "my-dataset"),
        ("base", _BASE, "https://example.org/my-dataset/"),
        (
            "licence",
            re.compile(r"https?://[^\s<>\"{}|\\^`]+"),
            "https://creativecommons.org/licenses/by/4.0/",
        ),
        ("language", _LANGUAGE, "en"),
    ):
        value = content.get(key)
        if isinstance(value, str) and value and not pattern.fullmatch(value):
            yield _finding(at(key), f"{key} {value!r} has not the right form", f"write it like {like!r}")
    yield from _source_faults(content.get("sources", []), _lines_of_tables(text))


def _is_day(value: Any) -> bool:
    if isinstance(value, str):
        try:
            return str(datetime.date.fromisoformat(value)) == value
        except ValueError:
            return False
    return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)


def _lines_of_tables(text: str) -> list[int]:
    """The line of each ``[[sources]]``, or of ``sources =``; the first line where there is neither."""
    found = re.finditer(r"^\s*(\[\[\s*sources\s*\]\]|sources\s*=)", text, re.M)
    return [text.count("\n", 0, each.start(1)) + 1 for each in found] or [1]


def _source_faults(sources: Any, lines: list[int]) -> Any:
    if not isinstance(sources, list) or not all(isinstance(s, dict) for s in sources):
        yield _finding(lines[0], "sources must be tables", 'write [[sources]] and file = "…" below it')
        return
    for number, source in enumerate(sources):
        line = lines[min(number, len(lines) - 1)]
        name = source.get("file")
        if name is None:
            yield _finding(line, "'file' is missing in [[sources]]", 'add file = "…"')
        elif not isinstance(name, str) or not name or Path(name).name != name:
            yield _finding(
                line, f"a source's file must be a plain file name, not {name!r}", "name the file alone"
            )
        if not isinstance(source.get("title", ""), str):
            yield _finding(line, "a source's title must be a text", 'write title = "…"')
        for key in source.keys() - {"file", "title"}:
            yield _finding(line, f"{key!r} is unknown in [[sources]]", "file and title are known")
