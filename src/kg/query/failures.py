"""What pyoxigraph says when a query fails, in words for people."""

from __future__ import annotations

import re
from typing import Final

from kg import vocab
from kg.errors import ExecutorFailed, KgError, QuerySyntaxError
from kg.query.request import Query, undeclared

_WHERE: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_EXPECTED: Final = re.compile(r'"(?:\\.|[^"\\])*"|\[[^\]]*\]|[A-Za-z][^,\[\]"]*')
_FUNCTION: Final = re.compile(r"custom (?:aggregate )?function (<[^>]*>)")
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
    return ExecutorFailed(f"the query failed: {message}")


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
