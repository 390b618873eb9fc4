"""Asking in this process: bytes, rows, tables."""

from __future__ import annotations

import datetime
import io
import subprocess
import sys
from decimal import Decimal

import pyoxigraph as ox
import pytest

from kg import vocab
from kg.errors import ExecutorFailed, NotAcceptable, QuerySyntaxError
from kg.formats import CSV, NTRIPLES
from kg.query import local
from kg.query.request import parse
from kg.query.table import fit, render
from kg.query.terms import python_value, short_text

PREFIX = "PREFIX : <https://example.org/> "


def test_an_answer_is_written_to_a_stream(store: ox.Store) -> None:
    out = io.BytesIO()
    local.execute(store, parse(PREFIX + "SELECT ?h { :bob :height ?h }"), CSV, out)
    assert out.getvalue() == b"h\r\n1.85\r\n"


def test_what_the_stream_raises_goes_through(store: ox.Store) -> None:
    class Gone(io.BytesIO):
        def write(self, chunk: object) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        local.execute(store, parse("CONSTRUCT WHERE { ?s ?p ?o }"), NTRIPLES, Gone())


def test_faults_of_the_query_are_told_as_by_the_pool(store: ox.Store) -> None:
    with pytest.raises(QuerySyntaxError, match="line 1, column 13"):
        local.execute(store, parse("ASK { ?s ?p }"), CSV, io.BytesIO())
    with pytest.raises(QuerySyntaxError, match="no function"):
        local.rows(store, parse("SELECT (<a:f>() AS ?x) {}"))
    with pytest.raises(NotAcceptable):
        local.execute(store, parse("ASK {}"), NTRIPLES, io.BytesIO())


def test_the_engine_giving_up_is_no_syntax_error(store: ox.Store) -> None:
    query = parse(
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", service_allow=["http://127.0.0.1:1/"]
    )
    with pytest.raises(ExecutorFailed):
        local.rows(store, query)


def test_rows_are_dicts_of_python_values(store: ox.Store) -> None:
    text = (
        PREFIX
        + "SELECT ?who ?born ?children ?tall ?none { ?who :born ?born ; :children ?children ; :tall ?tall }"
    )
    rows = local.rows(store, parse(text))
    assert rows.columns == ("who", "born", "children", "tall", "none")
    assert rows == [
        {
            "who": "https://example.org/ann",
            "born": datetime.date(1970, 2, 3),
            "children": 2,
            "tall": True,
            "none": None,
        }
    ]


def test_ask_and_graphs_have_rows_too(store: ox.Store) -> None:
    assert local.rows(store, parse("ASK {}")) == [{"answer": True}]
    rows = local.rows(store, parse(PREFIX + "CONSTRUCT WHERE { :bob :height ?o }"))
    assert rows[0] == {
        "subject": "https://example.org/bob",
        "predicate": "https://example.org/height",
        "object": Decimal("1.85"),
    }


def test_common_prefixes_hold_without_shifting_the_places_of_errors(store: ox.Store) -> None:
    asked = parse("ASK { ?x a pac:Event }", prefixes=vocab.PREFIXES)
    assert local.rows(store, asked) == [{"answer": False}]
    own = parse("PREFIX pac: <a:> SELECT (pac:x AS ?x) {}", prefixes=vocab.PREFIXES)
    assert local.rows(store, own) == [{"x": "a:x"}]
    with pytest.raises(QuerySyntaxError, match="line 1, column 16"):
        local.rows(store, parse("ASK { pac:x ?p }", prefixes=vocab.PREFIXES))


@pytest.mark.parametrize(
    ("lexical", "datatype", "value"),
    [
        ("x", "string", "x"),
        ("1", "integer", 1),
        ("1.50", "decimal", Decimal("1.50")),
        ("1e3", "double", 1000.0),
        ("0", "boolean", False),
        ("2021-01-13", "date", datetime.date(2021, 1, 13)),
        ("2021-01-13T10:00:00Z", "dateTime", datetime.datetime(2021, 1, 13, 10, tzinfo=datetime.UTC)),
        ("2021-01-13Z", "date", "2021-01-13Z"),
        ("2021-02-30", "date", "2021-02-30"),
        ("2021-01", "gYearMonth", "2021-01"),
        ("many", "integer", "many"),
    ],
)
def test_literals_become_python_values_where_these_can_hold_them(
    lexical: str, datatype: str, value: object
) -> None:
    assert python_value(ox.Literal(lexical, datatype=ox.NamedNode(vocab.XSD + datatype))) == value


def test_texts_iris_and_blank_nodes_become_str() -> None:
    assert python_value(ox.Literal("oui", language="fr")) == "oui"
    assert python_value(ox.NamedNode("a:b")) == "a:b"
    assert python_value(ox.BlankNode("b")) == "_:b"


def test_iris_are_shortened_for_people() -> None:
    base = "https://example.org/"
    assert short_text(ox.NamedNode("https://example.org/id/person/ann"), base) == "person/ann"
    assert short_text(ox.NamedNode(vocab.PAC + "Event"), base) == "pac:Event"
    assert short_text(ox.NamedNode("https://other.example/x"), base) == "https://other.example/x"
    assert short_text(None) == ""
    assert short_text(ox.Literal("two\n lines")) == "two lines"


def test_a_table_is_aligned_counted_and_cut_only_to_fit(store: ox.Store) -> None:
    rows = [(ox.Literal("a long text that goes on"), ox.Literal(1)), (None, ox.Literal(22))]
    assert render(["text", "n"], rows).splitlines() == [
        "text                      n",
        "────────────────────────  ──",
        "a long text that goes on  1",
        "                          22",
        "2 rows",
    ]
    assert render(["text", "n"], rows, width=16).splitlines()[2] == "a long text…  1"
    out = io.StringIO()
    local.table(store, parse("ASK {}"), out)
    assert out.getvalue() == "answer\n──────\ntrue\n1 row\n"


@pytest.mark.parametrize(
    ("widths", "available", "fitting"),
    [
        ([4, 4], 10, [4, 4]),
        ([40, 4], 20, [16, 4]),
        ([40, 30, 4], 44, [20, 20, 4]),
        ([40, 40], 3, [8, 8]),
        ([], 0, []),
    ],
)
def test_the_widest_columns_give_way_first(widths: list[int], available: int, fitting: list[int]) -> None:
    assert fit(widths, available) == fitting


def test_asking_locally_loads_nothing_heavy() -> None:
    script = "import sys; from kg.query import local, request, catalog; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert not set(done.stdout.split()) & {"rdflib", "flask", "pyshacl", "pyld", "oxrdflib"}
