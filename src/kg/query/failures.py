"""What pyoxigraph says when a query fails, in words for people."""

from __future__ import annotations

import re
from typing import Final

from kg import vocab
from kg.errors import ExecutorFailed, KgError, QuerySyntaxError, StoreDamaged
from kg.query.request import Query, undeclared
from kg.release.release import CORRUPT

_WHERE: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_EXPECTED: Final = re.compile(r'"(?:\\.|[^"\\])*"|\[[^\]]*\]|[A-Za-z][^,\[\]"]*')
_FUNCTION: Final = re.compile(r"custom (?:aggregate )?function (<[^>]*>)")
_FOLDERS: Final = re.compile(r"\S*/(?=\S)")
_MOST: Final = 8


def explain(query: Query, message: str) -> QuerySyntaxError:
    """The error to raise for a query and the SyntaxError that the engine raised."""
    if missing := undeclared(query):
        prefix, line, column = missing[0]
        iri = vocab.PREFIXES.get(prefix, "…")
        what, hint = f"the prefix {prefix}: is not declared", f"begin with PREFIX {prefix}: <{iri}>"
    elif match := _WHERE.match(message):
        line, column = int(match[1]), int(match[2])
        what, hint = _reason(match[3]), None
    else:
        return QuerySyntaxError(message)
    return QuerySyntaxError(f"line {line}, column {column}: {what}", line=line, column=column, hint=hint)


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


def _reason(expected: str) -> str:
    """The engine lists what its grammar could go on with; a plain sentence among it is the real fault."""
    items = re.sub("^expected (one of )?", "", expected)
    found = [str(item).strip() for item in _EXPECTED.findall(items)]
    for item in found:
        if " " in item and item[0].isalpha():
            return item[0].lower() + item[1:] if item.startswith("The ") else item
    tokens = [item for item in found if not item.startswith("[")]
    if not tokens:
        return "the query does not parse here"
    more = ", …" if len(tokens) > _MOST else ""
    return f"the query does not parse here; expected {', '.join(tokens[:_MOST])}{more}"
