"""Exports: what another program reads back is what the store holds."""

from __future__ import annotations

import io
import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import rdflib
from pyld import jsonld
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from kg import export as exporting
from kg import formats
from kg.errors import EnvironmentFault, NotAcceptable, NotFound, UsageError
from kg.export import order
from kg.vocab import PAC, RDF, RDFS, XSD

BASE = "https://example.org/visit/"
ID = f"{BASE}id/"

TEXTS = (
    'double " and \'single\' and """three"""',
    "back\\slash, tab\t, line\nfeed, carriage\rreturn, both\r\nend\r",
    "& < > ]]> <!-- -->",
    "Əliyev, שלום, 汉字, 🕊, e\u0301, no\u00a0break, \u2028",
    "",
    " spaces ",
)
LITERALS = (
    *(Literal(text) for text in TEXTS),
    Literal("bonjour", language="fr"),
    Literal("colour", language="en-gb"),
    Literal("2021-01-13", datatype=NamedNode(XSD + "date")),
    Literal("2021-01", datatype=NamedNode(XSD + "gYearMonth")),
    Literal("2021", datatype=NamedNode(XSD + "gYear")),
    *(Literal(t, datatype=NamedNode(XSD + "decimal")) for t in ("1.50", "1.", "+.5", "-0")),
    *(Literal(t, datatype=NamedNode(XSD + "integer")) for t in ("007", "+7", "seven")),
    *(Literal(t, datatype=NamedNode(XSD + "boolean")) for t in ("true", "1", "TRUE")),
    Literal("INF", datatype=NamedNode(XSD + "double")),
    Literal("<b>x</b>", datatype=NamedNode(RDF + "XMLLiteral")),
    Literal("x", datatype=NamedNode("http://x.example/type/1")),
)
IRIS = (
    f"{ID}person/a-b.c.d",
    f"{ID}person/ends-in-a-dot.",
    f"{ID}person/per%20cent(and)brackets",
    f"{ID}person/é-ü",
    f"{ID}person/a/b;c=d,e",
    f"{ID}person/",
    f"{ID}person/-x",
    f"{ID}person/1",
    f"{ID}",
    f"{ID}a:b",
    f"{BASE}",
    f"{ID}/double",
    f"{ID}passage/a:b",
    f"{ID}passage/a.1-2",
    f"{PAC}Event",
    "https://w3id.org/pac/scheme/role/host",
    "https://example.org",
    "urn:example:a'b*c!$&",
    "http://x.example/?a=1&b=2#frag/ment",
    "mailto:a@x.example",
)
PREDICATES = (f"{PAC}holder", "http://x.example/y.1", "http://x.example/é", "http://x.example/?q=1&r")


def quads(triples: Iterable[tuple[str, str, str | Literal]], graph: str | None = None) -> Iterator[Quad]:
    name = NamedNode(graph) if graph else DefaultGraph()
    for s, p, o in triples:
        yield Quad(NamedNode(s), NamedNode(p), NamedNode(o) if isinstance(o, str) else o, name)


def merged(*graphs: tuple[str, list[tuple[str, str, Any]]]) -> Store:
    """A store as releases are: each graph under its name, and all of them merged."""
    store = Store()
    for name, triples in graphs:
        store.extend(quads(triples, name))
        store.extend(quads(triples))
    return store


# rdflib 7.6 reads datasets through names that it has itself deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:rdflib")


@pytest.fixture
def nasty() -> Store:
    subject = f"{ID}person/x"
    literals = [(subject, f"{RDFS}label", literal) for literal in LITERALS]
    terms = (f"{PAC}{name}" for name in ("holder", "evidence", "role", "topic", "strength"))
    iris = [(s, p, o) for p in terms for s, o in permutations(IRIS, 2)]
    predicates = [(subject, p, IRIS[0]) for p in PREDICATES]
    types = [(iri, f"{RDF}type", kind) for iri in IRIS for kind in (f"{PAC}Event", "http://x.example/1")]
    untyped = [(f"{ID}person/y", f"{RDF}type", "http://x.example/1")]
    return merged(
        (f"{BASE}graph/person/x", [*literals, *predicates]),
        (f"{BASE}(g)%20", [*iris, *types, *untyped]),
    )


RECORD = [
    (f"{ID}person/a", f"{RDF}type", "http://xmlns.com/foaf/0.1/Person"),
    (f"{ID}person/a", f"{RDFS}label", Literal("A")),
    (f"{ID}person/a", f"{PAC}nameForm", f"{ID}name-form/person.a.x"),
    (f"{ID}name-form/person.a.x", f"{RDF}type", f"{PAC}NameForm"),
    (f"{ID}name-form/person.a.x", f"{PAC}writtenForm", Literal("Mr A")),
    (f"{ID}tenure/a.p", f"{RDF}type", f"{PAC}Tenure"),
    (f"{ID}tenure/a.p", f"{PAC}holder", f"{ID}person/a"),
    (f"{ID}tenure/a.p", f"{PAC}post", f"{ID}post/p"),
]
EVENT = [
    (f"{ID}event/e", f"{RDF}type", f"{PAC}Event"),
    (f"{ID}statement/e.s", f"{RDF}type", f"{PAC}Statement"),
    (f"{ID}statement/e.s", f"{PAC}subEventOf", f"{ID}event/e"),
    (f"{ID}statement/e.s", f"{PAC}subEventOf", f"{ID}event/whole"),
    (f"{ID}participation/e.s.a", f"{RDF}type", f"{PAC}Participation"),
    (f"{ID}participation/e.s.a", f"{PAC}participationIn", f"{ID}statement/e.s"),
    (f"{ID}participation/e.s.a", f"{PAC}participant", f"{ID}person/a"),
]


@pytest.fixture
def visit() -> Store:
    inferred = [(f"{ID}tenure/a.p", f"{RDF}type", f"{PAC}Record")]
    return merged(
        (f"{BASE}graph/person/a", RECORD),
        (f"{BASE}graph/event/e", EVENT),
        (f"{BASE}graph/inferred", inferred),
    )


def written(store: Store, fmt: formats.Format, **choice: str) -> bytes:
    out = io.BytesIO()
    exporting.export(store, fmt, out, base=BASE, **choice)
    return out.getvalue()


def lines(found: Iterable[Quad]) -> set[str]:
    """Quads as text with language tags in lower case, as RDF 1.1 Concepts (3.3) lets a reader do."""
    return {f"{q.subject} {q.predicate} {_plain(q.object)} {q.graph_name}" for q in found}


def _plain(term: Any) -> str:
    return str(term) if not getattr(term, "language", None) else f"{term.value!r}@{term.language.lower()}"


def expected(store: Store, fmt: formats.Format) -> set[str]:
    return lines(store.quads_for_pattern(None, None, None, None if fmt.quads else DefaultGraph()))


def by_oxigraph(data: bytes, fmt: formats.Format) -> set[str]:
    return lines(parse(data, formats.engine_format(fmt)))


def by_rdflib(data: bytes, fmt: formats.Format) -> set[str]:
    """Parsed by rdflib, normalisation of literals switched off."""
    names = {"ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}
    graph = rdflib.Dataset()
    was, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        graph.parse(data=data, format=names.get(fmt.name, fmt.name), publicID="http://unused.example/")
    finally:
        rdflib.NORMALIZE_LITERALS = was
    return lines(parse(_nquads(graph), RdfFormat.N_QUADS))


def _nquads(graph: rdflib.Dataset) -> str:
    """By hand: rdflib's own N-Quads writer leaves carriage returns as they are."""
    default = graph.default_graph.identifier
    rows = (
        " ".join((*(_nt(t) for t in (s, p, o)), "" if g is None or g == default else _nt(g), "."))
        for s, p, o, g in graph.quads()
    )
    return "\n".join(rows)


def _nt(term: Any) -> str:
    if not isinstance(term, rdflib.Literal):
        return f"<{term}>"
    return str(
        Literal(str(term), language=term.language)
        if term.language
        else Literal(str(term), datatype=NamedNode(str(term.datatype or XSD + "string")))
    )


def by_raptor(data: bytes, fmt: formats.Format) -> set[str]:
    """Parsed by raptor's rapper, a C library that shares nothing with the writers."""
    names = {"jsonld": "json"}
    done = subprocess.run(
        ["rapper", "-q", "-i", names.get(fmt.name, fmt.name), "-o", "nquads", "-", "http://unused.example/"],
        input=data,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return lines(parse(done.stdout, RdfFormat.N_QUADS))


def by_pyld(data: bytes, fmt: formats.Format) -> set[str]:
    text = jsonld.to_rdf(json.loads(data), {"format": "application/n-quads"})
    return lines(parse(text, RdfFormat.N_QUADS))


READERS = [
    *((by_rdflib, fmt) for fmt in formats.RDF_FORMATS),
    *((by_raptor, fmt) for fmt in formats.RDF_FORMATS if fmt is not formats.JSONLD),
    *((by_oxigraph, fmt) for fmt in formats.RDF_FORMATS if fmt is not formats.JSONLD),
    (by_pyld, formats.JSONLD),
]


def _label(value: Any) -> str:
    return str(getattr(value, "__name__", None) or value.name)


@pytest.mark.parametrize(("reader", "fmt"), READERS, ids=_label)
def test_a_reader_gets_back_what_the_store_holds(reader: Any, fmt: formats.Format, nasty: Store) -> None:
    assert reader(written(nasty, fmt), fmt) == expected(nasty, fmt)


@pytest.mark.parametrize("fmt", formats.RDF_FORMATS, ids=lambda f: f.name)
def test_the_same_data_give_the_same_bytes_whatever_their_order(fmt: formats.Format, nasty: Store) -> None:
    again = Store()
    for quad in sorted(nasty, key=str, reverse=True):
        again.add(quad)
    assert written(again, fmt) == written(nasty, fmt)


def test_many_runs_and_batches_give_what_one_gives(nasty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = written(nasty, formats.NQUADS)
    monkeypatch.setattr(order, "RUN", 3)
    monkeypatch.setattr(order, "BATCH", 2)
    assert written(nasty, formats.NQUADS) == whole
    for fmt in (formats.TRIG, formats.JSONLD):
        assert by_rdflib(written(nasty, fmt), fmt) == expected(nasty, fmt)


def test_plain_ids_are_relative_in_jsonld_and_resolve_again() -> None:
    passage, role = f"{ID}passage/a.1-2", "https://w3id.org/pac/scheme/role/host"
    triples = [(f"{ID}person/a", f"{PAC}evidence", passage), (f"{ID}person/a", f"{PAC}role", role)]
    store = merged((f"{BASE}graph/person/a", triples))
    data = written(store, formats.JSONLD)
    assert b'"id": "person/a"' in data
    assert b'"evidence": "a.1-2"' in data
    assert by_pyld(data, formats.JSONLD) == expected(store, formats.JSONLD)
    assert by_rdflib(data, formats.JSONLD) == expected(store, formats.JSONLD)


def test_iris_with_dot_segments_stay_as_they_are() -> None:
    store = merged((f"{BASE}g", [(f"{ID}x/../y", f"{PAC}holder", f"{ID}./z")]))
    for fmt in formats.RDF_FORMATS:
        assert by_rdflib(written(store, fmt), fmt) == expected(store, fmt)


def test_a_double_stays_a_double_in_jsonld() -> None:
    """Apart, because PyLD writes every double anew (1.0E0) as it reads it."""
    store = merged((f"{BASE}g", [(ID, f"{RDFS}label", Literal("1e0", datatype=NamedNode(XSD + "double")))]))
    assert by_rdflib(written(store, formats.JSONLD), formats.JSONLD) == expected(store, formats.JSONLD)


def test_an_empty_store_is_an_empty_document_in_every_format() -> None:
    for fmt in formats.RDF_FORMATS:
        assert by_rdflib(written(Store(), fmt), fmt) == set()


def test_turtle_reads_well(visit: Store) -> None:
    assert written(visit, formats.TURTLE, entity="person/a").decode().splitlines() == [
        "@prefix foaf: <http://xmlns.com/foaf/0.1/> .",
        f"@prefix name-form: <{ID}name-form/> .",
        f"@prefix pac: <{PAC}> .",
        f"@prefix person: <{ID}person/> .",
        f"@prefix post: <{ID}post/> .",
        f"@prefix rdf: <{RDF}> .",
        f"@prefix rdfs: <{RDFS}> .",
        f"@prefix tenure: <{ID}tenure/> .",
        f"@prefix xsd: <{XSD}> .",
        "",
        "name-form:person.a.x a pac:NameForm ;",
        '\tpac:writtenForm "Mr A" .',
        "person:a a foaf:Person ;",
        '\trdfs:label "A" ;',
        "\tpac:nameForm name-form:person.a.x .",
        "tenure:a.p a pac:Tenure ;",
        "\tpac:holder person:a ;",
        "\tpac:post post:p .",
    ]


def test_a_graph_is_written_alone_and_as_the_documents_default_graph(visit: Store) -> None:
    for fmt in formats.RDF_FORMATS:
        data = written(visit, fmt, graph=f"{BASE}graph/event/e")
        assert by_rdflib(data, fmt) == lines(quads(EVENT))


def test_an_unknown_graph_is_refused_with_the_nearest(visit: Store) -> None:
    with pytest.raises(NotFound) as caught:
        exporting.chunks(visit, formats.TURTLE, base=BASE, graph=f"{BASE}graph/event/x")
    assert f"{BASE}graph/event/e" in (caught.value.hint or "")


def test_an_entity_is_its_records_graph_by_id_and_by_iri(visit: Store) -> None:
    for name in ("person/a", f"{ID}person/a"):
        for fmt in formats.RDF_FORMATS:
            assert by_rdflib(written(visit, fmt, entity=name), fmt) == lines(quads(RECORD))


def test_a_nested_thing_comes_with_what_is_nested_in_it(visit: Store) -> None:
    data = written(visit, formats.NTRIPLES, entity="statement/e.s")
    assert by_oxigraph(data, formats.NTRIPLES) == lines(quads(EVENT[1:]))


def test_an_unknown_entity_is_refused_with_the_nearest(visit: Store) -> None:
    with pytest.raises(NotFound) as caught:
        exporting.chunks(visit, formats.TURTLE, base=BASE, entity="person/aa")
    assert caught.value.hint == "did you mean person/a?"


def test_an_entity_in_jsonld_has_the_shape_of_its_record(visit: Store) -> None:
    document = json.loads(written(visit, formats.JSONLD, entity="event/e"))
    assert document["id"] == "event/e"
    assert document["statement"]["id"] == "statement/e.s"
    assert document["statement"]["participation"]["id"] == "participation/e.s.a"
    assert "participationIn" not in str(document["statement"]["participation"])


def test_graph_and_entity_together_are_refused(visit: Store) -> None:
    with pytest.raises(UsageError, match="both"):
        exporting.chunks(visit, formats.TURTLE, base=BASE, graph=BASE, entity="person/a")


def test_what_is_no_iri_is_refused(visit: Store) -> None:
    for choice in ({"graph": "no iri"}, {"entity": "person/no iri"}):
        with pytest.raises(UsageError, match="IRI"):
            exporting.chunks(visit, formats.TURTLE, base=BASE, **choice)


@pytest.mark.parametrize("predicate", ["http://x.example/1", "http://x.example/", f"{RDF}li", "urn:1-2"])
def test_rdfxml_refuses_a_predicate_that_is_no_xml_name(predicate: str) -> None:
    store = merged((f"{BASE}g", [(ID, predicate, ID)]))
    with pytest.raises(NotAcceptable, match=f"<{predicate}>"):
        exporting.chunks(store, formats.RDFXML, base=BASE)


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x1f", "\ufffe", "\uffff"])
def test_rdfxml_refuses_a_character_that_xml_has_not(character: str) -> None:
    store = merged((f"{BASE}g", [(ID, f"{RDFS}label", Literal(f"a{character}b"))]))
    with pytest.raises(NotAcceptable, match=f"U\\+{ord(character):04X}"):
        exporting.chunks(store, formats.RDFXML, base=BASE)


def test_other_formats_write_control_characters(visit: Store) -> None:
    store = merged((f"{BASE}g", [(ID, f"{RDFS}label", Literal("a\x01\x08\x1f\x7f\ufffeb"))]))
    for fmt in (formats.TURTLE, formats.NTRIPLES, formats.TRIG, formats.NQUADS, formats.JSONLD):
        assert by_rdflib(written(store, fmt), fmt) == expected(store, fmt)


def test_rdfxml_is_well_formed_and_types_the_node(visit: Store) -> None:
    root = ET.fromstring(written(visit, formats.RDFXML, entity="person/a"))
    assert f"{{{PAC}}}Tenure" in [node.tag for node in root]


def test_a_file_appears_whole(tmp_path: Path, visit: Store) -> None:
    target = tmp_path / "out.nt"
    exporting.to_file(target, visit, formats.NTRIPLES, base=BASE)
    assert target.read_bytes() == written(visit, formats.NTRIPLES)
    assert list(tmp_path.iterdir()) == [target]


def test_a_refused_export_leaves_the_old_file(tmp_path: Path, visit: Store) -> None:
    target = tmp_path / "out.nt"
    target.write_text("old")
    with pytest.raises(NotFound):
        exporting.to_file(target, visit, formats.NTRIPLES, base=BASE, entity="person/z")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_missing_folder_is_the_environments_fault(tmp_path: Path, visit: Store) -> None:
    with pytest.raises(EnvironmentFault, match="nowhere"):
        exporting.to_file(tmp_path / "nowhere" / "out.nt", visit, formats.NTRIPLES, base=BASE)
