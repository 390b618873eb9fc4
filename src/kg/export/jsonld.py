"""JSON-LD dumps: one node object for each subject in each graph, compacted under the published context.

The context stands in the document, so that it is read without the network. PyLD compacts by the
standard's algorithm (JSON-LD 1.1 API, section 6), a batch at a time: context processing is most of
the cost of a single node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain, groupby
from typing import Any, Final

import pyoxigraph
from pyld import jsonld
from pyoxigraph import NamedNode, RdfFormat

from kg.export.order import Group, Survey
from kg.records.context import context
from kg.vocab import RDF, SCHEME

_TYPE: Final = RDF + "type"
_JSON: Final = RDF + "JSON"
_DAY: Final = "xsd:date"
_PLAIN: Final = re.compile(r"\w+://[\w.-]+(?:/(?!\.\.?(?:/|#|$))[\w.~%-]+)+(?:#[\w.-]+)?")
"""No empty or dot segments, no colon, no query: what relative references have no trouble with."""


def write(found: Survey, base: str) -> Iterator[bytes]:
    """The document: the context, then ``@graph`` with node objects, and an object for each named graph."""
    terms = context(base)
    yield b'{\n"@context": ' + dumps(terms) + b',\n"@graph": ['
    comma = b"\n"
    for batch in found.batches():
        yield comma + b",\n".join(dumps(node) for node in compact(_expanded(batch), terms))
        comma = b",\n"
    yield b"\n]\n}\n"


def dumps(value: object) -> bytes:
    """JSON on one line, in UTF-8, in the order given."""
    return json.dumps(value, ensure_ascii=False).encode()


def dumps_pretty(value: object) -> bytes:
    """JSON for reading: one member on a line."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def compact(nodes: list[dict[str, Any]], terms: dict[str, Any]) -> list[dict[str, Any]]:
    """Expanded node objects compacted, in their order; with relative IRIs if all of them bear it."""
    terms = terms if _relative_is_safe(nodes, terms["@base"]) else _absolute(terms)
    result = jsonld.compact(nodes, terms, {"graph": True, "base": ""})
    names = _date_terms(terms)
    return [_with_terms(node, names) for node in result.get("@graph", [])]


def _date_terms(terms: dict[str, Any]) -> dict[str, str]:
    """``pac:startDate`` -> ``startDate``, for each term that types its values as days."""
    return {
        term["@id"]: name
        for name, term in terms.items()
        if isinstance(term, dict) and term.get("@type") == _DAY
    }


def _with_terms(node: Any, names: dict[str, str]) -> Any:
    """Months and years under the term, as days are and as records have it.

    The compaction leaves them under the property, since the term types its values as days; but a
    value object keeps its own type under any term (JSON-LD 1.1 section 4.2.3).
    """
    if isinstance(node, list):
        return [_with_terms(each, names) for each in node]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for key, value in node.items():
        name = str(names.get(key, key))
        value = _with_terms(value, names)
        made[name] = _both(made[name], value) if name in made else value
    return made


def _both(first: Any, second: Any) -> list[Any]:
    return [each for value in (first, second) for each in (value if isinstance(value, list) else [value])]


def expanded(triples: list[pyoxigraph.Triple]) -> list[dict[str, Any]]:
    """Node objects in expanded form (JSON-LD 1.1 API, section 8.5, native types not used)."""
    text = pyoxigraph.serialize(triples, format=RdfFormat.JSON_LD)
    assert text is not None, "without an output, serialize returns the text"
    return [_with_types(node) for node in json.loads(text)]


def _expanded(batch: list[Group]) -> list[dict[str, Any]]:
    """Node objects of the default graph as they are, those of a named graph inside an object of it."""
    objects: list[dict[str, Any]] = []
    for graph, groups in groupby(batch, key=lambda group: group.graph):
        nodes = expanded(list(chain.from_iterable(group.triples for group in groups)))
        named = isinstance(graph, NamedNode | pyoxigraph.BlankNode)
        objects += [{"@id": _id(graph), "@graph": nodes}] if named else nodes
    return objects


def _id(name: Any) -> str:
    return name.value if isinstance(name, NamedNode) else str(name)


def _with_types(node: dict[str, Any]) -> dict[str, Any]:
    """pyoxigraph writes rdf:type as any property, and JSON literals as text."""
    types = node.get(_TYPE, [])
    if types and all("@id" in value for value in types):
        node = {"@id": node["@id"], "@type": [value["@id"] for value in types], **node}
        del node[_TYPE]
    return {key: [_value(v) for v in values] if key[0] != "@" else values for key, values in node.items()}


def _value(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("@type") == _JSON:
        return {"@type": "@json", "@value": json.loads(value["@value"])}
    return value


def _absolute(terms: dict[str, Any]) -> dict[str, Any]:
    """The same terms without any base, on every level: IRIs are then written in full."""
    kept = {key: _absolute(term) if isinstance(term, dict) else term for key, term in terms.items()}
    return {key: None if key == "@base" else term for key, term in kept.items()}


def _relative_is_safe(nodes: list[dict[str, Any]], base: str) -> bool:
    """Whether every IRI that a base could shorten is plain enough to resolve to itself again.

    ``<base>a:b`` would become ``a:b``, which is another IRI; PyLD 3.3 does not look.
    """
    origins = tuple("/".join(iri.split("/", 3)[:3]) for iri in (base, SCHEME))
    return all(_PLAIN.fullmatch(iri) for iri in _iris(nodes) if iri.startswith(origins))


def _iris(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _iris(item)
    elif isinstance(value, dict):
        if isinstance(value.get("@id"), str):
            yield value["@id"]
        for key, item in value.items():
            if key not in ("@id", "@value", "@type"):
                yield from _iris(item)
