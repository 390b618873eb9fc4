"""pyshacl, the stock processor of SHACL: it words the results of Core, and is the measure of the rest.

Only this module imports pyshacl, and only when there is something to validate with it (240 ms).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from kg.build.report import SEVERITIES, Result, written
from kg.errors import EnvironmentFault
from kg.vocab import SH

if TYPE_CHECKING:
    import rdflib
    from rdflib.term import Node


def run(data: Iterable[ox.Triple | ox.Quad], shapes: Iterable[ox.Triple | ox.Quad]) -> Iterator[Result]:
    """Every result of the shapes on the data. Raises EnvironmentFault if pyshacl cannot validate."""
    import pyshacl
    import rdflib

    # rdflib logs a traceback for each ill-typed literal, which the shapes report in their own words.
    logging.getLogger("rdflib.term").addFilter(_silence)
    try:
        asserted, rules = _graph(data), _graph(shapes)
        _, report, _ = pyshacl.validate(asserted, shacl_graph=rules, inference="none", inplace=True)
    finally:
        logging.getLogger("rdflib.term").removeFilter(_silence)

    if not isinstance(report, rdflib.Graph):
        raise EnvironmentFault(f"pyshacl could not validate: {report}", hint="check the shapes")
    sh = rdflib.Namespace(SH)
    # Only what hangs on the report counts: results of nested shapes may stand beside it as details.
    for node in report.objects(None, sh.result):
        yield _from_report(report, node, sh)


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


def _graph(statements: Iterable[ox.Triple | ox.Quad]) -> rdflib.Graph:
    """An rdflib graph of triples or quads, their lexical forms untouched."""
    import rdflib

    graph = rdflib.Graph(bind_namespaces="none")
    known: dict[Any, Any] = {}
    for found in statements:
        triple = []
        for term in (found.subject, found.predicate, found.object):
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
