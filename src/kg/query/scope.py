"""The graphs that a query is asked of, each triple once (SPARQL 1.1, 13.2; RDF 1.1, 3: a graph is a set).

pyoxigraph 0.5 reads the graphs of several FROM one after the other, so that a triple which stands in
two of them is counted twice. Where that would happen the query is asked of a copy in memory, in which
they are merged. Imports pyoxigraph and little else, because the executor does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import pyoxigraph as ox

from kg.query.tokens import Lexer, Token, resolve

_BRACKETS: Final = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_REPEATED: Final = """SELECT ?all ?once {
  { SELECT (COUNT(*) AS ?all) { ?s ?p ?o } }
  { SELECT (COUNT(*) AS ?once) { SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } } }
}"""


@dataclass(frozen=True, slots=True)
class Scope:
    """IRIs of the graphs that make the default graph, and of the named ones; both empty: the store's own."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.default or self.named)


def of_text(text: str, options: Mapping[str, Any]) -> Scope:
    """What FROM and FROM NAMED of a query name. Empty for a query without, and for what does not parse.

    The engine itself makes IRIs of the names, with the query's own BASE and PREFIX and, as ``options``,
    those that it is given.
    """
    resolved = resolve(text)
    if "FROM" not in resolved.upper():
        return Scope()
    lexer = Lexer(resolved)
    opening = lexer.opening()
    clauses = list(_clauses(lexer, opening)) if opening else []
    if opening is None or not clauses:
        return Scope()
    names = " ".join(token.text for _, token in clauses)
    try:
        found: Any = ox.Store().query(
            f"{lexer.text[: opening.start]} SELECT ?g {{ VALUES ?g {{ {names} }} }}", **options
        )
    except SyntaxError:
        return Scope()
    graphs = [(named, row["g"].value) for (named, _), row in zip(clauses, found, strict=True)]
    return Scope(
        tuple(iri for named, iri in graphs if not named), tuple(iri for named, iri in graphs if named)
    )


def ask(store: ox.Store, text: str, scope: Scope, options: Mapping[str, Any]) -> Any:
    """pyoxigraph's results for a query of these graphs, whatever graphs it names itself.

    Where only named graphs are given the default graph is empty, and the other way round (SPARQL 1.1
    Protocol, 2.1.4). Raises what the engine raises.
    """
    default: Any = [ox.NamedNode(iri) for iri in dict.fromkeys(scope.default)]
    named: Any = [ox.NamedNode(iri) for iri in dict.fromkeys(scope.named)]
    if len(default) > 1 and _repeats(store, default):
        store, default = _merged(store, default, named), ox.DefaultGraph()
    return store.query(text, **options, default_graph=default, named_graphs=named)


def _repeats(store: ox.Store, graphs: Sequence[ox.NamedNode]) -> bool:
    """Whether a triple stands in more than one of the graphs."""
    found: Any = store.query(_REPEATED, default_graph=list(graphs))
    return any(row["all"] != row["once"] for row in found)


def _merged(store: ox.Store, default: Sequence[ox.NamedNode], named: Sequence[ox.NamedNode]) -> ox.Store:
    """The graphs in a store of their own. One document carries them, so that blank nodes stay the same.

    400,000 triples take 1.1 seconds so, and 2.4 quad by quad.
    """
    parts = [store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=graph) or b"" for graph in default]
    quads = chain.from_iterable(store.quads_for_pattern(None, None, None, graph) for graph in named)
    parts.append(ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"")
    merged = ox.Store()
    merged.bulk_load(b"".join(parts), ox.RdfFormat.N_QUADS)
    return merged


def _clauses(lexer: Lexer, opening: Token) -> Iterator[tuple[bool, Token]]:
    """(is it NAMED, the name of the graph) for each dataset clause; they stand before WHERE or its brace."""
    tokens, depth, template = lexer.code(opening.end), 0, opening.text.upper() == "CONSTRUCT"
    for token in tokens:
        if token.kind == "other":
            if token.text == "{" and depth == 0 and not template:
                return
            depth += _BRACKETS.get(token.text, 0)
            template = template and (token.text, depth) != ("}", 0)
        if token.kind != "word" or depth > 0:
            continue
        if token.text.upper() == "WHERE":
            return
        if token.text.upper() == "FROM":
            graph = next(tokens, None)
            named = graph is not None and graph.kind == "word" and graph.text.upper() == "NAMED"
            graph = next(tokens, None) if named else graph
            if graph is None or graph.kind not in ("iri", "name"):
                return
            yield named, graph
