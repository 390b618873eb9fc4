"""SERVICE is refused unless it names an endpoint on the allow-list: it reaches out from inside the engine.

The engine takes ``SERVICEx:y {`` and ``1SERVICE <y> {`` for calls, and reads ``\\uXXXX`` where it
likes; the scan therefore looks at every occurrence of the word that could be code, in every reading
of the text, and in the text with the escapes resolved (SPARQL 1.1, section 19.2).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from kg.errors import Refused
from kg.query.tokens import Lexer, Token, resolve

_SERVICE: Final = re.compile("service", re.IGNORECASE)


def check(text: str, allowed: Collection[str]) -> None:
    """Raises Refused, with line and column, for a call of an endpoint whose IRI is not among those allowed.

    A megabyte takes some seconds: this belongs where a deadline holds.
    """
    for reading in dict.fromkeys((text, resolve(text))):
        if "service" in reading.lower():
            _check(Lexer(reading), allowed)


def _check(lexer: Lexer, allowed: Collection[str]) -> None:
    for position, endpoint in _calls(lexer):
        if endpoint.kind == "iri" and endpoint.text[1:-1] in allowed:
            continue
        line, column = lexer.place(position)
        listed = ", ".join(sorted(allowed)) or "none"
        raise Refused(
            f"SERVICE {endpoint.text[:80]} at line {line}, column {column} is not allowed here",
            line=line,
            column=column,
            hint=f"endpoints that may be asked, by their IRI: {listed}",
        )


def _calls(lexer: Lexer) -> Iterator[tuple[int, Token]]:
    """Where the text may call a SERVICE, with the endpoint it names."""
    for token, before in lexer.readings():
        if token.kind == "word":
            words = token.text
        elif token.kind == "name" and not _names_graph(before):
            words = token.text.partition(":")[0]
        else:
            continue
        for match in _SERVICE.finditer(words):
            if endpoint := _endpoint(lexer, token.start + match.end()):
                yield token.start + match.start(), endpoint


def _names_graph(before: Token | None) -> bool:
    """True after the keyword GRAPH: ``GRAPH service:x {`` names a graph and calls nothing."""
    return before is not None and before.kind == "word" and before.text.upper().endswith("GRAPH")


def _endpoint(lexer: Lexer, position: int) -> Token | None:
    """What stands between SERVICE and its ``{``, or None if this is no call."""
    tokens = lexer.code(position)
    token = next(tokens, None)
    if token and token.kind in ("word", "name") and token.text.upper().startswith("SILENT"):
        tokens = lexer.code(token.start + len("SILENT"))
        token = next(tokens, None)
    if token is None or token.kind not in ("iri", "var", "name"):
        return None
    opening = next(tokens, None)
    return token if opening and opening.text == "{" else None
