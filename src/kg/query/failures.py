"""What pyoxigraph says when a query fails, in words for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from kg.errors import (
    ExecutorFailed,
    KgError,
    MemoryExceeded,
    NotAcceptable,
    QuerySyntaxError,
    ResultTooLong,
    StoreDamaged,
)
from kg.query.request import Query, undeclared
from kg.query.spelling import misspelt, offset, prefix_hint, word_hint
from kg.query.tokens import Lexer
from kg.release.release import CORRUPT

_WHERE: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_EXPECTED: Final = re.compile(r'"(?:\\.|[^"\\])*"|\[[^\]]*\]|[A-Za-z][^,\[\]"]*')
_FUNCTION: Final = re.compile(r"custom (?:aggregate )?function (<[^>]*>)")
_FOLDERS: Final = re.compile(r"\S*/(?=\S)")
_HERE: Final = "the query does not parse here"
_LONGEST: Final = 65_536
"""Characters of a query that is searched for a fault: it takes the web process a tenth of a second."""

_MOST: Final = 8


def reported(query: Query, memory: int, report: Mapping[str, Any]) -> KgError:
    """The error to raise for what an executor reports; ``memory`` is what it may have, in MiB."""
    match report["kind"]:
        case "syntax":
            return explain(query, report["message"])
        case "limit":
            line, column, hint = report["line"], report["column"], report["hint"]
            return QuerySyntaxError(report["message"], line=line, column=column, hint=hint).within(query.text)
        case "memory":
            return MemoryExceeded(f"the query needed more than {memory} MiB")
        case "rows":
            return ResultTooLong(report["message"], hint=report["hint"])
        case "format":
            return NotAcceptable(report["message"], hint=report["hint"])
    return failure(report["message"])


def explain(query: Query, message: str) -> QuerySyntaxError:
    """The error to raise for a query and the SyntaxError that the engine raised."""
    short = len(query.text) <= _LONGEST
    if short and (missing := undeclared(query)):
        prefix, line, column = missing[0]
        what, hint = f"the prefix {prefix}: is not declared", prefix_hint(query.text, prefix)
        error = _at(query.text, line, column, what, hint)
        error.prefix = prefix
        return error
    match = _WHERE.match(message)
    if match is None:
        return QuerySyntaxError(message)
    line, column, what = int(match[1]), int(match[2]), _reason(match[3])
    if short and what.startswith(_HERE):
        position = offset(query.text, line, column)
        if found := misspelt(query.text, position):
            word, start = found
            place = Lexer(query.text).place(start)
            return _at(query.text, *place, f"{word[:40]} is no word of SPARQL", word_hint(word))
        if position >= len(query.text.rstrip()):
            what = what.replace(_HERE, "the query ends here, and is not complete")
    return _at(query.text, line, column, what)


def _at(text: str, line: int, column: int, what: str, hint: str | None = None) -> QuerySyntaxError:
    message = f"line {line}, column {column}: {what}"
    return QuerySyntaxError(message, line=line, column=column, hint=hint).within(text)


def failure(message: str) -> KgError:
    """The error to raise for anything else that the engine says while it works on a query."""
    if match := _FUNCTION.search(message):
        hint = "SPARQL 1.1 has its own functions and the casts of XPath"
        return QuerySyntaxError(f"there is no function {match[1]} here", hint=hint)
    if CORRUPT in message:
        return damaged(message)
    return ExecutorFailed(f"the query failed: {message}")


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
    """The engine lists what its grammar could go on with; a plain sentence among it is the real fault."""
    items = re.sub("^expected (one of )?", "", expected)
    found = [str(item).strip() for item in _EXPECTED.findall(items)]
    for item in found:
        if " " in item and item[0].isalpha():
            return item[0].lower() + item[1:] if item.startswith("The ") else item
    tokens = [item for item in found if not item.startswith("[")]
    if not tokens:
        return _HERE
    more = ", …" if len(tokens) > _MOST else ""
    return f"{_HERE}; expected {', '.join(tokens[:_MOST])}{more}"
