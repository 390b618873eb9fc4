"""Canned queries: questions with typed parameters, kept in files that run as they stand.

A file ``queries/canned/<name>.rq`` begins with a header of comment lines, ``#+ `` and YAML (the
convention of grlc), and goes on in plain SPARQL. Its parameters stand in one block

    VALUES (?event ?date) { (<https://…/id/event/x> UNDEF) }

whose data alone are replaced, by terms that the engine wrote. docs/queries.md tells the form.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final

from kg import resources
from kg.errors import DataError, EnvironmentFault, NotFound, ParameterError, UsageError
from kg.query.values import KINDS, term

AUDIENCES: Final = ("planning-officer", "journalist", "researcher", "data-engineer")

_CODE: Final = frozenset("{\n\t")
_HEADER: Final = re.compile(r"#\+ ?(.*)")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_KEYS: Final = frozenset({"title", "question", "audience", "keywords", "parameters"})
_PARAMETER_KEYS: Final = frozenset({"name", "kind", "class", "label", "default", "example", "examples"})
_RESERVED: Final = frozenset({"format", "timeout"})
"""These belong to the page that runs a query."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. ``kind`` is one of ``kg.query.values.KINDS``.

    ``cls`` is the class of an entity, as a prefixed name. Without a ``default`` the parameter is
    left open (UNDEF in the file) and matches anything: so none is required.
    """

    name: str
    kind: str
    label: str
    cls: str | None = None
    default: str | None = None
    examples: tuple[str, ...] = ()
    required: bool = False

    @property
    def example(self) -> str | None:
        """The first example."""
        return self.examples[0] if self.examples else None


@dataclass(frozen=True, slots=True)
class CannedQuery:
    """A question, and the SPARQL that answers it. ``text`` runs as it stands, with the defaults."""

    name: str
    title: str
    question: str
    audience: str
    keywords: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    text: str

    def bind(self, values: Mapping[str, str], base: str) -> str:
        """The query with these values; a parameter that is not given keeps its default.

        ``base`` is the dataset's base IRI, against which ids resolve. Raises ParameterError,
        naming the parameter, for one that the query has not and for a value of the wrong kind.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                raise _unknown(self.name, name, list(known))
        if not known or not values:
            return self.text
        match = _block(self.text, tuple(known))
        if match is None:
            raise DataError(f"{self.name}: the VALUES block is missing")
        defaults = dict(zip(known, _split(match["data"]), strict=True))
        terms = (
            term(name, parameter.kind, values[name], base) if name in values else defaults[name]
            for name, parameter in known.items()
        )
        return self.text[: match.start("data")] + " ".join(terms) + self.text[match.end("data") :]


class Catalog:
    """The canned queries of a folder, by name. Files are read when they are asked for, once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, CannedQuery] = {}

    def __iter__(self) -> Iterator[CannedQuery]:
        """In the order of audiences, then of names. Raises DataError for a file that is ill-formed."""
        return iter(self._all)

    def get(self, name: str) -> CannedQuery:
        """One query. Raises NotFound, with the nearest names, and DataError as iteration does."""
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, 3, 0.4) or self.names
            raise NotFound(f"there is no canned query {name!r}", hint=f"there is: {', '.join(near)}")
        if name not in self._read:
            self._read[name] = read(self._folder / f"{name}.rq")
        return self._read[name]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.rq")))

    @cached_property
    def _all(self) -> tuple[CannedQuery, ...]:
        found = [self.get(name) for name in self.names]
        return tuple(sorted(found, key=lambda query: AUDIENCES.index(query.audience)))


def bundled() -> Catalog:
    """The canned queries that come with kg."""
    return Catalog(resources.queries() / "canned")


def meant(given: str) -> CannedQuery:
    """What a person means who gives a name of a canned query, a file ``….rq``, or SPARQL.

    SPARQL has a brace or white space, names have neither. A file or a text without a header has
    no parameters. Raises NotFound for an unknown name and a missing file, EnvironmentFault for a
    file that cannot be read, DataError for a header that is ill-formed.
    """
    if given.endswith(".rq") and _CODE.isdisjoint(given):
        return read_text(_content(given), given)
    if _CODE.isdisjoint(given) and " " not in given:  # the name of a file may have spaces
        return bundled().get(given)
    return read_text(given, "the query")


def from_input(stream: BinaryIO) -> CannedQuery:
    """The query on standard input. Raises UsageError if it is not UTF-8, DataError as ``meant`` does."""
    return read_text(_decoded(stream.read(), "standard input"), "the query")


def _decoded(content: bytes, origin: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"{origin}, line {line}: not UTF-8: {error.reason}"
        raise UsageError(message, hint="save it as UTF-8") from error


def _content(file: str) -> str:
    try:
        return _decoded(Path(file).read_bytes(), file)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {file}") from error
    except OSError as error:
        raise EnvironmentFault(f"{file} cannot be read: {error.strerror}") from error


def read(path: Path) -> CannedQuery:
    """The canned query in a file. Raises DataError naming file and line."""
    text = path.read_text(encoding="utf-8-sig")
    if not _HEADER.match(text):
        raise _fault(path, "a header of lines '#+ key: value' is missing at the top")
    return read_text(text, str(path))


def read_text(text: str, origin: str) -> CannedQuery:
    """A query text as a canned query; ``origin`` is the file's name, for messages.

    A text without a header is a query without parameters, known by its file. Raises DataError
    naming file and line.
    """
    path = Path(origin)
    if not _HEADER.match(text):
        return CannedQuery(path.stem, path.stem, "", AUDIENCES[-1], (), (), text)
    header = _header(path, text)
    parameters = tuple(_parameter(path, row) for row in header.get("parameters") or ())
    if parameters:
        _check_block(path, text, parameters)
    return CannedQuery(
        name=path.stem,
        title=_word(path, header, "title"),
        question=_word(path, header, "question"),
        audience=_word(path, header, "audience", AUDIENCES),
        keywords=tuple(map(str, header.get("keywords") or ())),
        parameters=parameters,
        text=text,
    )


def _header(path: Path, text: str) -> dict[str, Any]:
    import yaml

    lines = []
    for line in text.splitlines():
        match = _HEADER.fullmatch(line)
        if match is None:
            break
        lines.append(match[1])
    try:
        # libyaml, where PyYAML has it: six times as fast, and forty headers are read before a server answers.
        header = yaml.load("\n".join(lines), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise _fault(path, f"the header is no YAML: {error.problem}", mark.line + 1 if mark else 1) from error
    if not isinstance(header, dict):
        raise _fault(path, "the header is a list of lines '#+ key: value'")
    for key in header:
        if key not in _KEYS:
            number = next((i for i, row in enumerate(lines, 1) if row.startswith(f"{key}:")), 1)
            raise _fault(path, f"{key!r} is no key of a header; there is {', '.join(sorted(_KEYS))}", number)
    return header


def _parameter(path: Path, row: Any) -> Parameter:
    if not isinstance(row, dict) or not row.keys() <= _PARAMETER_KEYS:
        raise _fault(path, f"a parameter has the keys {', '.join(sorted(_PARAMETER_KEYS))}, not {row!r}")
    name = _word(path, row, "name")
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise _fault(path, f"{name!r} cannot be the name of a parameter")
    examples = row.get("examples") or row.get("example") or ()
    return Parameter(
        name=name,
        kind=_word(path, row, "kind", KINDS),
        label=_word(path, row, "label"),
        cls=row.get("class"),
        default=row.get("default"),
        examples=(examples,) if isinstance(examples, str) else tuple(examples),
    )


def _word(path: Path, row: Mapping[str, Any], key: str, among: tuple[str, ...] = ()) -> str:
    word = row.get(key)
    if not isinstance(word, str) or not word or (among and word not in among):
        wanted = f"; one of {', '.join(among)}" if among else ""
        raise _fault(path, f"{key} is missing or not a text{wanted}")
    return word


_TERM: Final = r"""(?:UNDEF|<[^<>"\s]*>|"(?:[^"\\\n]|\\.)*"(?:@[A-Za-z0-9-]+|\^\^<[^<>"\s]*>|\^\^\w+:\w+)?)"""


def _block(text: str, names: tuple[str, ...]) -> re.Match[str] | None:
    """The one VALUES block with exactly these variables; its group ``data`` is the row of terms."""
    variables = r"\s+".join(rf"\?{name}" for name in names)
    row = rf"(?P<data>{_TERM}(?:\s+{_TERM}){{{len(names) - 1}}})"
    found = list(re.finditer(rf"VALUES\s*\(\s*{variables}\s*\)\s*\{{\s*\(\s*{row}\s*\)\s*\}}", text))
    return found[0] if len(found) == 1 else None


def _split(data: str) -> list[str]:
    return re.findall(_TERM, data)


def _check_block(path: Path, text: str, parameters: tuple[Parameter, ...]) -> None:
    names = tuple(parameter.name for parameter in parameters)
    match = _block(text, names)
    if match is None:
        variables = " ".join(f"?{name}" for name in names)
        raise _fault(path, f"the parameters need one block VALUES ({variables}) {{ (one default each) }}")
    line = text.count("\n", 0, match.start("data")) + 1
    for parameter, default in zip(parameters, _split(match["data"]), strict=True):
        if (default == "UNDEF") != (parameter.default is None):
            raise _fault(path, f"{parameter.name}: the header's default is not that of VALUES", line)


def _unknown(query: str, name: str, known: list[str]) -> ParameterError:
    near = difflib.get_close_matches(name, known, 1) or known
    hint = f"did you mean {near[0]}?" if len(near) == 1 and known else f"it has: {', '.join(known) or 'none'}"
    return ParameterError(name, f"{query} has no parameter {name!r}", hint=hint)


def _fault(path: Path, message: str, line: int = 1) -> DataError:
    from kg.findings import Finding, Location, Severity

    finding = Finding(Severity.VIOLATION, "canned-query", message, location=Location(path.name, line))
    return DataError(f"{path}:{line}: {message}", [finding])
