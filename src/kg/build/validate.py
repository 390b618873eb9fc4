"""The SHACL gate: asserted data in, every validation result out.

Core constraints run in pyshacl, on the nodes that may not conform (``kg.build.core``). SPARQL-based
constraints run as set queries on the Oxigraph store: the pattern of the shape's targets is put in
front of the constraint's own, so that one query finds every focus node at once, where a stock
processor asks once for each node. That they find the same is proved on the examples and on the
bundled datasets, with ``validate_plain``, the stock processor.

Only this module imports pyshacl, and only when it validates (240 ms).
"""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from kg import resources
from kg.build.core import Screen, View
from kg.build.report import SEVERITIES, Result, as_shacl_report, to_findings
from kg.errors import EnvironmentFault
from kg.findings import Severity
from kg.vocab import DCTERMS, PAC, RDF, RDFS, SH, SKOS

if TYPE_CHECKING:
    import rdflib
    from rdflib.term import Node

__all__ = [
    "Result",
    "as_shacl_report",
    "fill",
    "label_of",
    "to_findings",
    "validate",
    "validate_plain",
    "written",
]

SUBCLASS: Final = ox.NamedNode(RDFS + "subClassOf")
TYPE: Final = ox.NamedNode(RDF + "type")
_CLASS: Final = ox.NamedNode(RDFS + "Class")
_THREADS: Final = os.cpu_count() or 1
_BATCH: Final = 1_000
"""Suspects that are shown to pyshacl at once, so that its graph stays small."""

_SPARQL_COMPONENT: Final = SH + "SPARQLConstraintComponent"
_LABELS: Final = (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title", PAC + "writtenForm")
_BODY: Final = re.compile(r"\bWHERE\s*\{", re.IGNORECASE)
_SLOT: Final = re.compile(r"\{[?$](\w+)\}")
_NOT_CORE: Final = {SH + name for name in ("sparql", "select", "prefixes", "description", "name", "group")}
"""What pyshacl is not given for a Core run: queries, and words for people that cost it time."""

_TARGETS: Final = {
    SH + "targetClass": f"?this <{RDF}type>/<{RDFS}subClassOf>* {{}}",
    SH + "targetSubjectsOf": "?this {} ?anyObject_",
    SH + "targetObjectsOf": "?anySubject_ {} ?this",
    SH + "targetNode": "VALUES ?this {{ {} }}",
}
"""How each kind of target becomes a pattern (SHACL section 2.1.3)."""


def validate(store: ox.Store, shapes_folder: Path | None = None) -> list[Result]:
    """Every result of the shapes on the union of the store's graphs, in a fixed order.

    The store holds asserted records, the ontology (for its subclasses) and the schemes.
    ``shapes_folder`` defaults to the package's own shapes. Results are a set: a property shape
    that reaches a node by way of two classes is reported once.
    Raises EnvironmentFault if the shapes are missing, do not parse or have a query that cannot run.
    """
    shapes = read_shapes(shapes_folder or resources.shapes())
    with ThreadPoolExecutor(_THREADS) as pool:  # a query does not hold the interpreter's lock
        asked = [pool.submit(list, run(store, constraint)) for constraint in constraints(shapes)]
        screen = screen_of(shapes, store)
        found = set(core(store, shapes, screen, screen.focus_nodes(View(store))))
        for results in asked:
            found.update(results.result())
    return in_order(found, store)


def in_order(results: Iterable[Result], store: ox.Store) -> list[Result]:
    """Results in a fixed order, each with the label that its focus has in a store."""
    found = sorted(set(results), key=lambda result: result.sort_key)
    return [replace(result, label=label_of(store, result.focus)) for result in found]


def screen_of(shapes: Iterable[ox.Quad], store: ox.Store) -> Screen:
    """The screen of the Core constraints among the shapes."""
    return Screen((quad for quad in shapes if quad.predicate.value not in _NOT_CORE), store)


def validate_plain(store: ox.Store, shapes_folder: Path | None = None) -> list[Result]:
    """The same by stock pyshacl alone. Slow; it is the measure by which ``validate`` is tested."""
    shapes = read_shapes(shapes_folder or resources.shapes())
    return sorted(set(_run_pyshacl(_union(store), shapes)), key=lambda r: r.sort_key)


def core(
    store: ox.Store, shapes: Sequence[ox.Quad], screen: Screen, nodes: Iterable[Any]
) -> Iterator[Result]:
    """The results of the Core constraints on these focus nodes, from pyshacl.

    It is shown only what may not conform (``kg.build.core``), with all that a shape can see from there.
    Where the screen cannot tell how far a shape looks, pyshacl is shown everything and asked about all nodes.
    """
    asked = _core(shapes)
    if screen.blind:
        yield from _run_pyshacl(_union(store), asked)
        return
    suspects = screen.suspects(nodes, View(store))
    schema = [*store.quads_for_pattern(None, SUBCLASS, None)]
    while batch := list(islice(suspects, _BATCH)):
        seen = {written(node) for node in batch}
        data = [*schema, *_neighbourhood(batch, screen, store)]
        yield from (result for result in _run_pyshacl(data, asked) if result.focus in seen)


def _neighbourhood(nodes: Sequence[Any], screen: Screen, store: ox.Store) -> Iterator[ox.Quad]:
    """All that is said of the nodes, and what the shapes can see from there, as deep as they reach."""
    objects_of = {predicate for target in screen.targets for predicate in target.objects_of}
    for node in nodes:
        for predicate in objects_of:
            yield from store.quads_for_pattern(None, predicate, node)
    level, seen = {node for node in nodes if not isinstance(node, ox.Literal)}, set[Any]()
    for node in level:
        yield from store.quads_for_pattern(node, None, None)
    for _ in range(screen.depth):
        seen |= level
        level = {
            quad.object
            for node in level
            for path in screen.paths
            for quad in store.quads_for_pattern(node, path, None)
            if not isinstance(quad.object, ox.Literal)
        } - seen
        for node in level:
            for path in screen.paths:
                yield from store.quads_for_pattern(node, path, None)


def read_shapes(folder: Path) -> list[ox.Quad]:
    """The triples of the shapes. Raises EnvironmentFault if there are none or they do not parse.

    A shape that is a class has its instances as targets (SHACL section 2.1.3.3): that is said outright.
    """
    files = sorted(folder.glob("*.ttl"))
    if not files:
        raise EnvironmentFault(f"there are no shapes in {folder}", hint="install the package again")
    quads: list[ox.Quad] = []
    for file in files:
        try:
            parsed = ox.parse(file.read_bytes(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
            quads.extend(parsed)
        except SyntaxError as fault:
            raise EnvironmentFault(f"{file}: the shapes do not parse: {fault}") from fault
    classes = [quad.subject for quad in quads if quad.predicate == TYPE and quad.object == _CLASS]
    return [*quads, *(ox.Quad(each, _sh("targetClass"), each) for each in classes)]


def _core(shapes: Sequence[ox.Quad]) -> list[ox.Quad]:
    """The Core constraints, with the property shapes of a targeted node shape targeted directly.

    A property shape means the same with the targets as without the node shape around it (SHACL
    section 2.1.3), but pyshacl calls it once for all focus nodes instead of once for each.
    """
    kept = [q for q in shapes if q.predicate.value not in _NOT_CORE]
    targets: dict[Any, list[ox.Quad]] = {}
    for quad in kept:
        if quad.predicate.value in _TARGETS:
            targets.setdefault(quad.subject, []).append(quad)
    for quad in kept:  # a shape that others use, or that is switched off, stays as it is
        targets.pop(quad.object, None)
        if quad.predicate.value == SH + "deactivated":
            targets.pop(quad.subject, None)
    plain = [q for q in kept if q.subject not in targets or q.predicate.value != SH + "property"]
    hoisted = [
        ox.Quad(q.object, target.predicate, target.object)  # type: ignore[arg-type]
        for q in kept
        if q.predicate.value == SH + "property"
        for target in targets.get(q.subject, ())
    ]
    return plain + hoisted


# Set queries


@dataclass(frozen=True, slots=True)
class Constraint:
    """A SPARQL-based constraint (SHACL section 5) with what its results take from its shape."""

    name: str
    shape: str
    severity: Severity
    message: str
    select: str
    targets: str
    classes: frozenset[Any]
    subjects_of: frozenset[Any]
    by_subject: bool
    """Whether a node is a target by what is said of it alone: there are no targets of other kinds."""

    @property
    def query(self) -> str:
        """The query with the pattern of the targets in front of its own."""
        return with_pattern(self.select, self.targets, self.name)


def constraints(shapes: Iterable[ox.Quad]) -> Iterator[Constraint]:
    """The SPARQL-based constraints among the shapes, those that are not switched off, in a fixed order."""
    store = ox.Store()
    store.extend(shapes)
    for quad in sorted(store.quads_for_pattern(None, _sh("sparql"), None), key=str):
        shape, node = quad.subject, quad.object
        if "true" in (_one(store, shape, "deactivated", ""), _one(store, node, "deactivated", "")):
            continue
        severity = _one(store, shape, "severity", SH + "Violation")
        message = _one(store, node, "message", "") or _one(store, shape, "message", "")
        yield Constraint(
            written(node),
            written(shape),
            SEVERITIES[severity],
            message,
            _prefixes(store, node) + _one(store, node, "select", ""),
            _target_pattern(store, shape),
            _objects(store, shape, "targetClass"),
            _objects(store, shape, "targetSubjectsOf"),
            not (_objects(store, shape, "targetObjectsOf") or _objects(store, shape, "targetNode")),
        )


def _objects(store: ox.Store, subject: Any, name: str) -> frozenset[Any]:
    return frozenset(quad.object for quad in store.quads_for_pattern(subject, _sh(name), None))


def with_pattern(select: str, pattern: str, name: str) -> str:
    """The query with a pattern in front of its own. Raises EnvironmentFault where it has no place."""
    query, changed = _BODY.subn(lambda found: found[0] + pattern, select, count=1)
    if not changed or not pattern:
        raise EnvironmentFault(
            f"the constraint {name} cannot run as a set query",
            hint="write its query as SELECT … WHERE {…} and give its shape a target",
        )
    return query


def _target_pattern(store: ox.Store, shape: Any) -> str:
    patterns = [
        "{ " + pattern.format(str(quad.object)) + " }"
        for kind, pattern in _TARGETS.items()
        for quad in store.quads_for_pattern(shape, ox.NamedNode(kind), None)
    ]
    if not patterns:
        return ""
    return " { SELECT DISTINCT ?this WHERE { " + " UNION ".join(sorted(patterns)) + " } } "


def _prefixes(store: ox.Store, constraint: Any) -> str:
    """The PREFIX lines that sh:prefixes stands for (SHACL section 5.2.1)."""
    lines = set()
    for quad in store.quads_for_pattern(constraint, _sh("prefixes"), None):
        vocabulary: Any = quad.object
        for declared in store.quads_for_pattern(vocabulary, _sh("declare"), None):
            prefix = _one(store, declared.object, "prefix", "")
            lines.add(f"PREFIX {prefix}: <{_one(store, declared.object, 'namespace', '')}>\n")
    return "".join(sorted(lines))


def run(store: ox.Store, constraint: Constraint, query: str = "") -> Iterator[Result]:
    """The results of a constraint on all its targets, or of the query given, which asks about fewer."""
    try:
        solutions: Any = store.query(query or constraint.query, use_default_graph_as_union=True)
    except SyntaxError as fault:
        raise EnvironmentFault(f"the query of {constraint.name} does not parse: {fault}") from fault
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        row = {name: solution[name] for name in names if solution[name] is not None}
        path = row.get("path")
        yield Result(
            focus=written(row["this"]),
            path=written(path) if path else None,
            value=written(row.get("value", row["this"])),
            severity=constraint.severity,
            message=fill(constraint.message, row),
            source_shape=constraint.shape,
            source_constraint=constraint.name,
            component=_SPARQL_COMPONENT,
        )


def fill(message: str, row: dict[str, Any]) -> str:
    """The message with ``{?name}`` replaced by what the solution has for it (SHACL section 5.3.2)."""
    return _SLOT.sub(lambda slot: row[slot[1]].value if slot[1] in row else slot[0], message)


def written(term: Any) -> str:
    """An IRI as it is; a literal or blank node in N-Triples syntax."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(SH + name)


def _one(store: ox.Store, subject: Any, name: str, default: str) -> str:
    quad = next(store.quads_for_pattern(subject, _sh(name), None), None)
    return default if quad is None else str(getattr(quad.object, "value", default))


def label_of(store: ox.Store, focus: str) -> str | None:
    """The first label in the order of ``_LABELS``, English before other languages."""
    if focus.startswith(('"', "_:")):
        return None
    for predicate in _LABELS:
        quads = store.quads_for_pattern(ox.NamedNode(focus), ox.NamedNode(predicate), None)
        literals = [q.object for q in quads if isinstance(q.object, ox.Literal)]
        if literals:
            return min(literals, key=lambda x: (x.language != "en", x.language or "", x.value)).value
    return None


# pyshacl


def _run_pyshacl(data: Iterable[ox.Quad], shapes: Iterable[ox.Quad]) -> Iterator[Result]:
    import pyshacl
    import rdflib

    with _no_words_of_rdflib():
        asserted, rules = _graph(data), _graph(shapes)
        _, report, _ = pyshacl.validate(asserted, shacl_graph=rules, inference="none", inplace=True)

    if not isinstance(report, rdflib.Graph):
        raise EnvironmentFault(f"pyshacl could not validate: {report}", hint="check the shapes")
    sh = rdflib.Namespace(SH)
    # Only what hangs on the report counts: results of nested shapes may stand beside it as details.
    for node in report.objects(None, sh.result):
        yield _from_report(report, node, sh)


@contextmanager
def _no_words_of_rdflib() -> Iterator[None]:
    """rdflib warns of an ill-typed literal, or logs a traceback; the shapes report it in their own words."""
    log = logging.getLogger("rdflib.term")
    log.addFilter(_silence)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Parsing weird boolean", UserWarning)
            yield
    finally:
        log.removeFilter(_silence)


def _silence(_: logging.LogRecord) -> bool:
    return False


def _from_report(report: rdflib.Graph, node: Node, sh: rdflib.Namespace) -> Result:
    def one(name: str) -> str | None:
        term = report.value(node, sh[name])
        return None if term is None else written(_oxigraph_term(term))

    return Result(
        focus=one("focusNode") or "",
        path=one("resultPath"),
        value=one("value"),
        severity=SEVERITIES[one("resultSeverity") or ""],
        message=" ".join(sorted(str(m) for m in report.objects(node, sh.resultMessage))),
        source_shape=one("sourceShape") or "",
        source_constraint=one("sourceConstraint"),
        component=one("sourceConstraintComponent") or "",
    )


def _union(store: ox.Store) -> list[ox.Quad]:
    return list(store.quads_for_pattern(None, None, None))


def _graph(quads: Iterable[ox.Quad]) -> rdflib.Graph:
    """An rdflib graph of the quads' triples, their lexical forms untouched."""
    import rdflib

    graph = rdflib.Graph(bind_namespaces="none")
    known: dict[Any, Any] = {}
    for quad in quads:
        triple = []
        for term in (quad.subject, quad.predicate, quad.object):
            if term not in known:
                known[term] = _rdflib_term(term)
            triple.append(known[term])
        graph.add(tuple(triple))
    return graph


def _rdflib_term(term: Any) -> Any:
    import rdflib

    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    datatype = rdflib.URIRef(term.datatype.value)
    plain = datatype == rdflib.XSD.string
    return rdflib.Literal(term.value, datatype=None if plain else datatype, normalize=False)


def _oxigraph_term(term: Any) -> Any:
    import rdflib

    if isinstance(term, rdflib.URIRef):
        return ox.NamedNode(term)
    if isinstance(term, rdflib.BNode):
        return ox.BlankNode(term)
    if term.language:
        return ox.Literal(str(term), language=term.language)
    return ox.Literal(str(term), datatype=ox.NamedNode(term.datatype) if term.datatype else None)
