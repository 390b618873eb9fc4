"""What may be asked: the form of a query, which its first word after the prologue tells.

``update`` is never called, so an update could do no harm; it is refused by name all the same. Only the
prologue is read here, and no more of it than ``PROLOGUE``: this is done in the web process, where all
requests wait for it. What takes the whole text is looked at where a deadline holds (``kg.query.engine``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.errors import NotAcceptable, QuerySyntaxError, Refused, UsageError
from kg.formats import BY_FORM, Format
from kg.query.spelling import meant
from kg.query.tokens import Lexer, Token, resolve

FORMS: Final = tuple(BY_FORM)
PROLOGUE: Final = 65_536
"""Characters in which a query must begin: some thousand prefixes, and 50 ms of the web process."""

UPDATES: Final = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")

_PLAIN: Final = re.compile(
    r"(?:[ \t\r\n]*+PREFIX[ \t]++[A-Za-z][A-Za-z0-9_-]*+:[ \t]*+<[^<>\"{}|^`\\\x00-\x20]*+>)*+"
    r"[ \t\r\n]*+(SELECT|ASK|CONSTRUCT|DESCRIBE)[ \t\r\n{*]"
)
"""How nearly all queries begin: what it matches needs no lexer."""

_ABSOLUTE: Final = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*:[^\\>]*)>")


@dataclass(frozen=True, slots=True)
class Query:
    """A query that may be run. ``form`` is one of ``FORMS``; it may still not parse.

    ``default_graphs`` and ``named_graphs`` are IRIs that replace the query's own dataset
    (SPARQL 1.1 Protocol, section 2.1.4); ``prefixes`` hold beside those it declares. ``base`` is
    the IRI that relative ones are resolved against where the query has no BASE; empty: none may be relative.
    ``service_allow`` are the IRIs of the endpoints that SERVICE may ask.
    """

    text: str
    form: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()
    base: str = ""
    service_allow: tuple[str, ...] = ()

    def with_text(self, text: str) -> Query:
        """Another text of the same form, asked alike."""
        return Query(
            text,
            self.form,
            self.default_graphs,
            self.named_graphs,
            self.prefixes,
            self.base,
            self.service_allow,
        )


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

    Raises Refused for an update, QuerySyntaxError for a text that has no query form in its first
    ``PROLOGUE`` characters, UsageError for a graph that is no IRI. Whether the rest parses, whether it
    takes too much of the stack and what its SERVICE asks, ``kg.query.engine`` says when it runs.
    """
    return Query(
        text,
        plain[1] if (plain := _PLAIN.match(text, 0, PROLOGUE)) else _form(text),
        tuple(_graph(iri) for iri in default_graphs),
        tuple(_graph(iri) for iri in named_graphs),
        tuple((prefixes or {}).items()),
        base,
        tuple(service_allow),
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
    tokens = Lexer(query.text[:PROLOGUE]).code()
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


def _form(text: str) -> str:
    """The first word after the prologue. Raises Refused, and QuerySyntaxError if it opens no query."""
    lexer = Lexer(text[:PROLOGUE])
    token, cut = lexer.opening(), len(text) > PROLOGUE
    _refuse_update(token)
    if "\\" in lexer.text:
        _refuse_update(Lexer(resolve(lexer.text)).opening())
    if token and token.text.upper() in (*FORMS, *UPDATES):
        return token.text.upper()
    if cut and (token is None or token.start > PROLOGUE // 2):
        raise QuerySyntaxError(
            f"the query does not begin in its first {PROLOGUE} characters",
            hint="leave out comments, and prefixes that it does not use",
        )
    if token is None:
        raise QuerySyntaxError(
            "the query is empty", line=1, column=1, hint="for example: SELECT * WHERE { ?s ?p ?o } LIMIT 10"
        )
    line, column = lexer.place(token.start)
    near = meant(token.text, (*FORMS, "PREFIX", "BASE"))
    raise QuerySyntaxError(
        f"line {line}, column {column}: {token.text[:40]!r} opens no query",
        line=line,
        column=column,
        hint=f"did you mean {near}?" if near else "after PREFIX and BASE comes " + ", ".join(FORMS),
    ).within(lexer.text)


def _refuse_update(token: Token | None) -> None:
    if token and token.text.upper() in UPDATES:
        raise Refused(f"{token.text.upper()} is an update; the data are read-only", hint="ask with SELECT")


def _graph(iri: str) -> str:
    """The IRI of a graph, unchanged. Raises UsageError if the engine would not take it."""
    import pyoxigraph

    try:
        return str(pyoxigraph.NamedNode(iri).value)
    except ValueError as error:
        raise UsageError(f"{iri!r} is no graph's IRI: {error}") from error
