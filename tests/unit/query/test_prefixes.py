"""The prefixes of the documents that CONSTRUCT and DESCRIBE make."""

from __future__ import annotations

import io

import pyoxigraph as ox
import pytest

from kg.query import engine, request
from kg.query.prefixes import LOOKED_AT, chosen

KNOWN = {"e": "http://e/", "h": "http://h#", "u": "urn:x:", "xsd": "http://www.w3.org/2001/XMLSchema#"}


def written(turtle: str, fmt: str = "TURTLE") -> str:
    store, out = ox.Store(), io.BytesIO()
    store.load(turtle.encode(), ox.RdfFormat.TURTLE)
    engine.write(engine.solve(store, "CONSTRUCT WHERE { ?s ?p ?o }"), fmt, out, KNOWN)
    return out.getvalue().decode()


@pytest.mark.parametrize(
    ("turtle", "prefixes"),
    [
        ("<http://e/a> <http://h#b> <urn:x:c> .", ["e", "h", "u"]),
        ("<http://z/a> <http://z/b> '1'^^<http://www.w3.org/2001/XMLSchema#byte> .", ["xsd"]),
        ("<http://z/a> <http://z/b> <<( <http://e/a> <http://z/b> 'x' )>> .", ["e"]),
        ("<http://z/a> <http://z/b> [] .", []),
    ],
)
def test_a_document_has_the_prefixes_that_it_uses(turtle, prefixes):
    text = written(turtle)
    assert [line.split()[1] for line in text.splitlines() if line.startswith("@prefix")] == [
        f"{prefix}:" for prefix in prefixes
    ]
    assert set(ox.parse(text, format=ox.RdfFormat.TURTLE))


@pytest.mark.parametrize("fmt", ["N_TRIPLES", "N_QUADS"])
def test_formats_without_prefixes_have_none(fmt):
    assert "prefix" not in written("<http://e/a> <http://e/b> 1 .", fmt)


def test_no_triple_is_lost_where_there_are_more_than_are_looked_at():
    triples = [ox.Triple(ox.NamedNode(f"http://e/{i}"), ox.NamedNode("http://h#p"), ox.Literal(i))
               for i in range(LOOKED_AT + 7)]  # fmt: skip
    prefixes, again = chosen(iter(triples), KNOWN)
    assert list(prefixes) == ["e", "h", "xsd"]
    assert list(again) == triples


def test_the_prefixes_that_a_query_declares_are_known():
    prologue = "BASE <http://b/> PREFIX a: <http://a/> prefix : <urn:x:> PREFIX r: <rel>"
    query = request.parse(prologue + " ASK { ?s ?p 'PREFIX b: <b:>' }")
    assert request.declared(query) == {"a": "http://a/", "": "urn:x:"}
