"""What pyoxigraph says when a query fails, in words for people."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final

from kg import vocab
from kg.errors import (
    ExecutorFailed,
    KgError,
    MemoryExceeded,
    NotAcceptable,
    QuerySyntaxError,
    Refused,
    ResultTooLong,
    StoreDamaged,
)
from kg.query.blunders import blunder, unbound
from kg.query.request import Query, declared, undeclared
from kg.query.scene import Fault, Scene
from kg.query.slips import slip
from kg.query.spelling import misspelt, offset, prefix_hint
from kg.query.tokens import Lexer
from kg.release.release import CORRUPT

_WHERE: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_EXPECTED: Final = re.compile(r'"(?:\\.|[^"\\])*"|\[[^\]]*\]|[A-Za-z][^,\[\]"]*')
_FUNCTION: Final = re.compile(r"custom (?:aggregate )?function (<[^>]*>)")
_FOLDERS: Final = re.compile(r"\S*/(?=\S)")
_HERE: Final = "the query does not parse here"
_LONGEST: Final = 8_192
"""Characters of a query that is searched for a mistake: at worst a tenth of a second of the web process."""
_LONGEST_FOR_PREFIXES: Final = 16_384
"""Characters of a query that is searched for prefixes that are not declared: some 50 ms."""

_MOST: Final = 3
"""Signs that are worth telling: of more, the one that is missing is hard to find."""

_UNBOUND: Final = "the SELECT contains a variable that is unbound"
_CASTS: Final = ("boolean", "date", "dateTime", "decimal", "double", "float", "integer", "string", "time")
"""The casts of SPARQL 1.1, section 17.5, and those to a date and a time."""

_HINTS: Final = {
    "SELECT * is not authorized with GROUP BY": "name the variables of GROUP BY in SELECT",
    "Duplicated variable name in SELECT": "give each its own name",
    _UNBOUND: "a variable of SELECT stands in GROUP BY or in an aggregate",
    "IRI parsing failed": "an IRI has no spaces and begins with a scheme, as https: does",
}
"""What to do about what the engine says in words."""


def reported(query: Query, memory: int, report: Mapping[str, Any]) -> KgError:
    """The error to raise for what an executor reports; ``memory`` is what it may have, in MiB."""
    match report["kind"]:
        case "syntax":
            return explain(query, report["message"])
        case "limit":
            line, column, hint = report["line"], report["column"], report["hint"]
            return QuerySyntaxError(report["message"], line=line, column=column, hint=hint).within(query.text)
        case "refused":
            return Refused(
                report["message"], line=report["line"], column=report["column"], hint=report["hint"]
            )
        case "memory":
            return MemoryExceeded(f"the query needed more than {memory} MiB")
        case "rows":
            return ResultTooLong(report["message"], hint=report["hint"])
        case "format":
            return NotAcceptable(report["message"], hint=report["hint"])
    return failure(report["message"], query)


def explain(query: Query, message: str) -> QuerySyntaxError:
    """The error to raise for a query and the SyntaxError that the engine raised.

    The engine says where it stumbled, and what of its grammar it would have taken there; people are
    helped by what can be seen in the query itself.
    """
    match = _WHERE.match(message)
    if match is None:
        return _undeclared(query) or QuerySyntaxError(message)
    line, column, reason = int(match[1]), int(match[2]), _reason(match[3])
    short = len(query.text) <= _LONGEST
    scene = Scene(query.text, offset(query.text, line, column)) if short else None
    if scene and (fault := slip(scene)):
        return _at(query.text, fault)
    if error := _undeclared(query):
        return error
    if scene and (fault := _unbound(scene, reason) or misspelt(scene) or blunder(scene)):
        return _at(query.text, fault)
    return _placed(query.text, line, column, reason or _HERE, _HINTS.get(reason))


def _undeclared(query: Query) -> QuerySyntaxError | None:
    if len(query.text) > _LONGEST_FOR_PREFIXES or not (missing := undeclared(query)):
        return None
    prefix, line, column = missing[0]
    hint = prefix_hint(query.text, prefix)
    error = _placed(query.text, line, column, f"the prefix {prefix}: is not declared", hint)
    error.prefix = prefix
    return error


def _unbound(scene: Scene, reason: str) -> Fault | None:
    return unbound(scene) if reason == _UNBOUND else None


def _at(text: str, fault: Fault) -> QuerySyntaxError:
    return _placed(text, *Lexer(text).place(fault.start), fault.what, fault.hint)


def _placed(text: str, line: int, column: int, what: str, hint: str | None = None) -> QuerySyntaxError:
    message = f"line {line}, column {column}: {what}"
    return QuerySyntaxError(message, line=line, column=column, hint=hint).within(text)


def failure(message: str, query: Query) -> KgError:
    """The error to raise for anything else that the engine says while it works on a query."""
    if match := _FUNCTION.search(message):
        return _no_function(query, match[1])
    if CORRUPT in message:
        return damaged(message)
    return ExecutorFailed(f"the query failed: {message}")


def _no_function(query: Query, iri: str) -> QuerySyntaxError:
    """An unknown function, shown where its name first stands as it may be written."""
    name = iri.removeprefix(f"<{vocab.XSD}").removesuffix(">")
    near = difflib.get_close_matches(name, _CASTS, 1)
    hint = (
        f"did you mean xsd:{near[0]}?" if near else "SPARQL 1.1 has its own functions and the casts of XPath"
    )
    what = f"there is no function {iri} here"
    short = (f"{p}:{iri[1 + len(n) : -1]}" for p, n in declared(query).items() if iri[1:].startswith(n))
    starts = [start for written in (iri, *short) if (start := query.text.find(written)) >= 0]
    return _at(query.text, Fault(min(starts), what, hint)) if starts else QuerySyntaxError(what, hint=hint)


def damaged(message: str) -> StoreDamaged:
    """The error for what RocksDB says of a broken store; without folders, for whoever asks from afar."""
    what = _FOLDERS.sub("", message.partition(CORRUPT)[2].lstrip(": "))
    return StoreDamaged(
        f"the store of the release is damaged: {what}",
        hint="kg releases verify names the file; kg build makes the release anew",
    )


def gone() -> StoreDamaged:
    """The error where the store that an executor is to open is there no more."""
    return StoreDamaged(
        "the store of the release has been removed",
        hint="kg build makes a release, kg releases rollback takes up another; the server follows",
    )


def _reason(expected: str) -> str:
    """What the engine says in words, or which signs it would have taken; empty if neither.

    Of the words of the grammar it names an arbitrary few.
    """
    items = re.sub("^expected (one of )?", "", expected)
    found = [str(item).strip() for item in _EXPECTED.findall(items)]
    for item in found:
        if " " in item and item[0].isalpha():
            return item[0].lower() + item[1:] if item.startswith("The ") else item
    signs = [item for item in found if item.startswith('"')]
    return f"{_HERE}; expected {' or '.join(signs)}" if 0 < len(signs) <= _MOST else ""
