"""W3C's manifests of query tests, as values: what is asked, of which data, what should come of it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import pyoxigraph as ox

BASE: Final = "http://suites.example/"
"""Files are named by it and their path below the folder: no IRI depends on where that folder is."""

MF: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RS: Final = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
APPROVAL: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#approval"
REGIME: Final = "http://www.w3.org/ns/sparql-service-description#entailmentRegime"
EVALUATION: Final = ("QueryEvaluationTest", "CSVResultFormatTest")
NAMED_LATER: Final = {"n3": "ttl"}
"""Old suites call Turtle so."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test: ``evaluation``, or of syntax, ``positive`` or ``negative``; graphs are IRIs of files."""

    suite: str
    name: str
    kind: str
    query: str
    data: tuple[str, ...] = ()
    graphs: tuple[str, ...] = ()
    result: str | None = None
    lax: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Solutions: each a set of (variable, term). ``ordered``: their order counts."""

    variables: frozenset[str]
    rows: tuple[tuple[tuple[str, Any], ...], ...]
    ordered: bool = False


Outcome = bool | Table | tuple[ox.Quad, ...]
"""The answer of ASK, of SELECT, of CONSTRUCT or DESCRIBE."""


@dataclass(frozen=True, slots=True)
class Suites:
    """A folder of W3C's suites."""

    folder: Path

    def iri(self, path: Path) -> str:
        """What a file is called."""
        return BASE + quote(path.relative_to(self.folder).as_posix())

    def path(self, iri: str) -> Path:
        """The file of this name."""
        return self.folder / unquote(iri.removeprefix(BASE).partition("#")[0])

    def text(self, iri: str) -> str:
        """A query, with the IRI of its file for a base."""
        return f"BASE <{iri}>\n" + self.path(iri).read_text(encoding="utf-8")

    def quads(self, iri: str) -> Iterator[ox.Quad]:
        """The statements of a file of data; its blank nodes are like those of no other file."""
        path = self.path(iri)
        yield from ox.parse(
            path=path,
            format=rdf_format(path),
            base_iri=iri,
            without_named_graphs=True,
            rename_blank_nodes=True,
        )

    def cases(self) -> Iterator[Case]:
        """The tests of queries in all manifests, each once. Updates, protocol and entailment are left out."""
        seen: set[object] = set()
        for path in sorted(self.folder.rglob("*manifest*.ttl")):
            store = ox.Store()
            store.load(path=path, format=ox.RdfFormat.TURTLE, base_iri=self.iri(path))
            suite = path.parent.relative_to(self.folder).as_posix()
            for case in sorted(_cases(store, suite), key=lambda case: case.name):
                name = case.query, case.result, case.data
                if name not in seen and case.query.endswith(".rq") and self.path(case.query).is_file():
                    seen.add(name)
                    yield case

    def expected(self, case: Case) -> Outcome:
        """What a test of evaluation should give."""
        assert case.result
        path = self.path(case.result)
        kind = ox.QueryResultsFormat.from_extension(path.suffix[1:])
        if path.suffix == ".csv":
            return csv_table(path.read_text(encoding="utf-8"))
        if kind:
            return outcome(ox.parse_query_results(path=path, format=kind))
        quads = tuple(self.quads(case.result))
        return _result_set(quads) if any(quad.predicate.value.startswith(RS) for quad in quads) else quads


def rdf_format(path: Path) -> ox.RdfFormat:
    """By the extension."""
    extension = path.suffix[1:]
    found = ox.RdfFormat.from_extension(NAMED_LATER.get(extension, extension))
    assert found, path
    return found


def outcome(results: Any) -> Outcome:
    """pyoxigraph's results as a value."""
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    if isinstance(results, ox.QuerySolutions):
        names = [variable.value for variable in results.variables]
        rows = (tuple((n, row[n]) for n in names if row[n] is not None) for row in results)
        return Table(frozenset(names), tuple(rows))
    return tuple(ox.Quad(*triple) for triple in results)


def csv_table(text: str) -> Table:
    """CSV has no types: every value is a text."""
    head, *lines = csv.reader(text.splitlines())
    rows = (tuple((n, _plain(v)) for n, v in zip(head, line, strict=True) if v) for line in lines)
    return Table(frozenset(head), tuple(rows))


def _plain(value: str) -> Any:
    if value.startswith("_:"):
        return ox.BlankNode(value[2:])
    try:
        return ox.Literal(repr(float(value)))
    except ValueError:
        return ox.Literal(value)


def same(one: Outcome, other: Outcome, lax: bool = False) -> bool:
    """Whether two outcomes are the same but for the names of blank nodes (SPARQL 1.1 Query, 12.3)."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Table) and isinstance(other, Table):
        if one.variables != other.variables:
            return False
        ordered = one.ordered or other.ordered
        one, other = _as_quads(one, ordered, lax), _as_quads(other, ordered, lax)
    elif isinstance(one, Table) or isinstance(other, Table):
        return False
    return _canonical(one) == _canonical(other)


def by_value(outcome: Outcome) -> Outcome:
    """The same with the literals that the engine's store makes of them: ``01`` is ``1`` there."""
    if isinstance(outcome, bool):
        return outcome
    store, name = ox.Store(), ox.NamedNode("urn:x")

    def kept(term: Any) -> Any:
        if not isinstance(term, ox.Literal | ox.Triple):
            return term
        store.clear()
        store.add(ox.Quad(name, name, term))
        return next(iter(store)).object

    if isinstance(outcome, Table):
        rows = tuple(tuple((n, kept(term)) for n, term in row) for row in outcome.rows)
        return Table(outcome.variables, rows, outcome.ordered)
    return tuple(ox.Quad(q.subject, q.predicate, kept(q.object), q.graph_name) for q in outcome)


def _as_quads(table: Table, ordered: bool, lax: bool) -> tuple[ox.Quad, ...]:
    """Each row as a blank node with a value for each variable; ``lax``: a row counts once (REDUCED)."""
    rows: Sequence[Any] = list(dict.fromkeys(table.rows)) if lax else table.rows
    quads = []
    for i, row in enumerate(rows):
        node = ox.BlankNode(f"row{i}")
        place = str(i) if ordered else ""
        quads.append(ox.Quad(node, ox.NamedNode("urn:row"), ox.Literal(place)))
        quads += [ox.Quad(node, ox.NamedNode(f"urn:v:{name}"), term) for name, term in row]
    return tuple(quads)


def _canonical(quads: Iterable[ox.Quad]) -> set[str]:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return {str(quad) for quad in dataset}


def _result_set(quads: Iterable[ox.Quad]) -> Outcome:
    """The result sets in RDF of the first suites."""
    found = ox.Dataset(quads)  # unlike a Store it keeps literals as they are written

    def values(subject: Any, name: str) -> list[Any]:
        quads = found.quads_for_predicate(ox.NamedNode(RS + name))
        return [quad.object for quad in quads if subject in (None, quad.subject)]

    if answer := values(None, "boolean"):
        return bool(answer[0].value == "true")
    rows = []
    for solution in values(None, "solution"):
        pairs = ((values(b, "variable")[0].value, values(b, "value")[0]) for b in values(solution, "binding"))
        place = values(solution, "index")
        rows.append((int(place[0].value) if place else 0, tuple(sorted(pairs))))
    rows.sort(key=lambda row: row[0])
    names = frozenset(variable.value for variable in values(None, "resultVariable"))
    return Table(names, tuple(row for _, row in rows), any(place for place, _ in rows))


def _cases(store: ox.Store, suite: str) -> Iterator[Case]:
    """Those that the manifest lists: suites keep the text of tests that were withdrawn."""
    listed = {quad.object for quad in store.quads_for_pattern(None, ox.NamedNode(RDF + "first"), None)}
    for quad in store.quads_for_pattern(None, ox.NamedNode(RDF + "type"), None):
        kind = _kind(quad.object.value.removeprefix(MF))
        entry, action = quad.subject, _value(store, quad.subject, MF + "action")
        approval = _value(store, entry, APPROVAL)
        if kind is None or entry not in listed or action is None or _regime(store, action):
            continue
        if approval and approval.value.endswith("Withdrawn"):
            continue
        query = _value(store, action, QT + "query") if isinstance(action, ox.BlankNode) else action
        result = _value(store, entry, MF + "result")
        lax = _value(store, entry, MF + "resultCardinality")
        yield Case(
            suite,
            str(entry.value).rpartition("#")[2],
            kind,
            query.value,
            _files(store, action, "data"),
            _files(store, action, "graphData"),
            result.value if result else None,
            lax is not None and lax.value.endswith("LaxCardinality"),
        )


def _kind(name: str) -> str | None:
    if name in EVALUATION:
        return "evaluation"
    if "SyntaxTest" in name and "Update" not in name:
        return "negative" if "Negative" in name else "positive"
    return None


def _regime(store: ox.Store, action: Any) -> bool:
    return isinstance(action, ox.BlankNode) and _value(store, action, REGIME) is not None


def _files(store: ox.Store, action: Any, name: str) -> tuple[str, ...]:
    if not isinstance(action, ox.BlankNode):
        return ()
    return tuple(
        sorted(q.object.value for q in store.quads_for_pattern(action, ox.NamedNode(QT + name), None))
    )


def _value(store: ox.Store, subject: Any, predicate: str) -> Any:
    found = next(store.quads_for_pattern(subject, ox.NamedNode(predicate), None), None)
    return found.object if found else None
