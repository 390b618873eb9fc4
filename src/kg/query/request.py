"""What may be asked: the form of a query, and the two things that are refused.

``update`` is never called, so an update could do no harm; it is refused by name all the same.
SERVICE reaches out from inside the engine, so it is refused unless it names an endpoint on the
allow-list. The engine takes ``SERVICEx:y {`` and ``1SERVICE <y> {`` for calls, and reads ``\\uXXXX``
where it likes; the scan therefore looks at every occurrence of the word that could be code, in
every reading of the text, and in the text with the escapes resolved (SPARQL 1.1, section 19.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.errors import NotAcceptable, QuerySyntaxError, Refused, UsageError
from kg.formats import BY_FORM, Format
from kg.query.spelling import meant
from kg.query.tokens import Lexer, Token, resolve

FORMS: Final = tuple(BY_FORM)
UPDATES: Final = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")

_ABSOLUTE: Final = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*:[^\\>]*)>")
_SERVICE: Final = re.compile("service", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """A query that may be run. ``form`` is one of ``FORMS``; it may still not parse.

    ``default_graphs`` and ``named_graphs`` are IRIs that replace the query's own dataset
    (SPARQL 1.1 Protocol, section 2.1.4); ``prefixes`` hold beside those it declares. ``base`` is
    the IRI that relative ones are resolved against where the query has no BASE; empty: none may be relative.
    """

    text: str
    form: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()
    base: str = ""


def parse(
    text: str,
    *,
    prefixes: Mapping[str, str] | None = None,
    default_graphs: Sequence[str] = (),
    named_graphs: Sequence[str] = (),
    service_allow: Sequence[str] = (),
    base: str = "",
) -> Query:
    """The query in a text.

    Raises Refused for an update or a SERVICE to an endpoint that is not allowed, QuerySyntaxError
    for a text that has no query form, UsageError for a graph that is no IRI. Whether the rest parses,
    the engine says when it runs, and whether it takes too much of the stack, ``kg.query.engine``.
    """
    raw = Lexer(text)
    resolved = Lexer(resolve(text)) if "\\" in text else raw
    form = _form(raw)
    for lexer in dict.fromkeys((raw, resolved)):
        _refuse_update(lexer)
        _refuse_service(lexer, frozenset(service_allow))
    return Query(
        text,
        form,
        tuple(_graph(iri) for iri in default_graphs),
        tuple(_graph(iri) for iri in named_graphs),
        tuple((prefixes or {}).items()),
        base,
    )


def check_format(query: Query, fmt: Format) -> None:
    """Raises NotAcceptable if results of the query's form cannot be written in the format."""
    fitting = BY_FORM[query.form]
    if fmt not in fitting:
        raise NotAcceptable(
            f"the answer of {query.form} cannot be written as {fmt.name}",
            hint="one of: " + ", ".join(f.name for f in fitting),
        )


def declared(query: Query) -> dict[str, str]:
    """The prefixes that a query declares, as they stand there; relative and escaped IRIs are left out."""
    found: dict[str, str] = {}
    tokens = Lexer(query.text).code()
    for token in tokens:
        if token.text.upper() in ("BASE", "VERSION"):
            next(tokens, None)
        elif token.text.upper() == "PREFIX":
            prefix, iri = next(tokens, None), next(tokens, None)
            if prefix and iri and (match := _ABSOLUTE.fullmatch(iri.text)):
                found[prefix.text.removesuffix(":")] = match[1]
        else:
            break
    return found


def undeclared(query: Query) -> tuple[tuple[str, int, int], ...]:
    """Prefixes that a query uses and does not declare, each with line and column of its first use."""
    declared = {prefix for prefix, _ in query.prefixes}
    used: dict[str, int] = {}
    before = ""
    lexer = Lexer(query.text)
    for token in lexer.code():
        if token.kind == "name" and not token.text.startswith("_:"):
            prefix = token.text.partition(":")[0]
            if before == "PREFIX":
                declared.add(prefix)
            else:
                used.setdefault(prefix, token.start)
        before = token.text.upper()
    return tuple((prefix, *lexer.place(start)) for prefix, start in used.items() if prefix not in declared)


def _form(lexer: Lexer) -> str:
    """The first word after the prologue. Raises QuerySyntaxError if it opens no query."""
    token = lexer.opening()
    if token is None:
        raise QuerySyntaxError(
            "the query is empty", line=1, column=1, hint="for example: SELECT * WHERE { ?s ?p ?o } LIMIT 10"
        )
    word = token.text.upper()
    if word in FORMS or word in UPDATES:
        return word
    line, column = lexer.place(token.start)
    near = meant(word, (*FORMS, "PREFIX", "BASE"))
    raise QuerySyntaxError(
        f"line {line}, column {column}: {token.text[:40]!r} opens no query",
        line=line,
        column=column,
        hint=f"did you mean {near}?" if near else "after PREFIX and BASE comes " + ", ".join(FORMS),
    ).within(lexer.text)


def _refuse_update(lexer: Lexer) -> None:
    token = lexer.opening()
    if token and token.text.upper() in UPDATES:
        raise Refused(f"{token.text.upper()} is an update; the data are read-only", hint="ask with SELECT")


def _refuse_service(lexer: Lexer, allowed: frozenset[str]) -> None:
    if not _SERVICE.search(lexer.text):
        return
    for position, endpoint in _calls(lexer):
        if endpoint.kind == "iri" and endpoint.text[1:-1] in allowed:
            continue
        line, column = lexer.place(position)
        listed = ", ".join(sorted(allowed)) or "none"
        raise Refused(
            f"SERVICE {endpoint.text[:80]} at line {line}, column {column} is not allowed here",
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


def _graph(iri: str) -> str:
    """The IRI of a graph, unchanged. Raises UsageError if the engine would not take it."""
    import pyoxigraph

    try:
        return str(pyoxigraph.NamedNode(iri).value)
    except ValueError as error:
        raise UsageError(f"{iri!r} is no graph's IRI: {error}") from error
