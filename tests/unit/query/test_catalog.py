"""Canned queries: header, parameters, binding."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import resources
from kg.errors import DataError, KgError, NotFound, ParameterError
from kg.query.catalog import Catalog, read, read_text
from kg.query.values import KINDS
from kg.resources import queries

BASE = "https://example.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"
EXAMPLE = f"""\
#+ title: People born by a day
#+ question: Who was born by a day, in which language is the name?
#+ audience: researcher
#+ keywords: [birth, name]
#+ parameters:
#+   - {{name: person, kind: entity, class: foaf:Person, label: Person, examples: [person/ann, person/bob]}}
#+   - {{name: day, kind: date, label: Born by, default: 2000-01-01, example: 1970-02-03}}
#+   - {{name: words, kind: text, label: Name}}
SELECT ?person ?day ?words {{
  VALUES ( ?person  ?day ?words ) {{ ( UNDEF "2000-01-01"^^<{XSD}date>   UNDEF ) }}
}}
"""


def columns(text: str) -> list[str | None]:
    (row,) = ox.Store().query(text)  # type: ignore[misc]
    return [None if term is None else str(term) for term in row]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "born.rq").write_text(EXAMPLE, encoding="utf-8")
    return tmp_path


def test_a_header_says_what_the_query_is(folder: Path) -> None:
    query = Catalog(folder).get("born")
    assert (query.name, query.title, query.audience) == ("born", "People born by a day", "researcher")
    assert query.keywords == ("birth", "name")
    assert [p.kind for p in query.parameters] == ["entity", "date", "text"]
    assert query.parameters[0].cls == "foaf:Person"
    assert query.parameters[0].example == "person/ann"
    assert (query.parameters[1].default, query.parameters[1].example) == ("2000-01-01", "1970-02-03")


def test_the_file_runs_as_it_stands(folder: Path) -> None:
    query = Catalog(folder).get("born")
    assert query.bind({}, BASE) == query.text == EXAMPLE
    assert columns(query.text) == [None, f'"2000-01-01"^^<{XSD}date>', None]


def test_values_replace_the_defaults_and_nothing_else(folder: Path) -> None:
    text = Catalog(folder).get("born").bind({"words": "a b", "person": "person/ann"}, BASE)
    assert columns(text) == [f"<{BASE}id/person/ann>", f'"2000-01-01"^^<{XSD}date>', '"a b"']
    assert text.partition("VALUES")[0] == EXAMPLE.partition("VALUES")[0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_no_value_can_change_the_query(folder: Path, value: str) -> None:
    query = Catalog(folder).get("born")
    for name in ("person", "day", "words"):
        with suppress(ParameterError):
            assert len(columns(query.bind({name: value}, BASE))) == 3
    with suppress(ParameterError):
        (row,) = ox.Store().query(query.bind({"words": value}, BASE))  # type: ignore[misc]
        assert row["words"].value == value


@pytest.mark.parametrize(
    "value",
    ['") } INSERT', "\\", '"""', "\\u0022) }", "UNDEF", "?x", "(", "\u2028", "<a:a>", "\n", "'", "#", "é😀"],
)
def test_hostile_text_stays_text(folder: Path, value: str) -> None:
    text = Catalog(folder).get("born").bind({"words": value}, BASE)
    (row,) = ox.Store().query(text)  # type: ignore[misc]
    assert row["words"] == ox.Literal(value)


def test_an_unknown_parameter_is_named_with_the_nearest(folder: Path) -> None:
    with pytest.raises(ParameterError, match="no parameter 'persom'") as caught:
        Catalog(folder).get("born").bind({"persom": "x"}, BASE)
    assert (caught.value.parameter, caught.value.hint) == ("persom", "did you mean person?")


def test_an_unknown_query_is_named_with_the_nearest(folder: Path) -> None:
    with pytest.raises(NotFound) as caught:
        Catalog(folder).get("bron")
    assert caught.value.hint == "there is: born"


@pytest.mark.parametrize("name", ["../born", "born.rq", "", "/etc/passwd"])
def test_a_name_is_not_a_path(folder: Path, name: str) -> None:
    with pytest.raises(NotFound):
        Catalog(folder).get(name)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("#+ title: People born by a day\n", "", "title is missing"),
        ("audience: researcher", "audience: everybody", "one of planning-officer"),
        ("#+ keywords", "#+ keyword", r":4: 'keyword' is no key"),
        ("kind: date", "kind: day", "kind is missing or not a text; one of entity"),
        ("name: words", "name: format", "'format' cannot be the name"),
        ("name: words", "name: word", r"VALUES \(\?person \?day \?word\)"),
        ("label: Name}", "label: Name, default: x}", r":10: words: the header's default"),
        ("UNDEF )", "UNDEF ) ( UNDEF UNDEF UNDEF )", "one block VALUES"),
        ("[birth, name]", "[birth, name", "the header is no YAML"),
        ("label: Name}", "label: Name, size: 3}", "a parameter has the keys"),
        ("#+ ", "# ", "a header of lines"),
    ],
)
def test_a_malformed_file_is_reported_with_file_and_line(
    folder: Path, old: str, new: str, message: str
) -> None:
    path = folder / "born.rq"
    path.write_text(EXAMPLE.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        read(path)
    assert str(path) in caught.value.message


def test_a_query_file_needs_no_header_to_be_asked() -> None:
    query = read_text("SELECT * {}", "folder/mine.rq")
    assert (query.name, query.parameters, query.bind({}, BASE)) == ("mine", (), "SELECT * {}")
    with pytest.raises(ParameterError):
        query.bind({"x": "1"}, BASE)


def test_every_kind_of_user_has_a_bundled_query() -> None:
    catalog = list(Catalog(queries() / "canned"))
    assert {q.audience for q in catalog} == {"planning-officer", "journalist", "researcher", "data-engineer"}
    assert {p.kind for q in catalog for p in q.parameters} <= set(KINDS)


@pytest.mark.parametrize("path", sorted((resources.queries() / "canned").glob("*.rq")), ids=lambda p: p.stem)
def test_a_bundled_query_takes_its_own_examples_and_no_nonsense(path: Path) -> None:
    query = read(path)
    for parameter in query.parameters:
        assert parameter.examples
        for example in parameter.examples:
            ox.Store().query(query.bind({parameter.name: example}, BASE))
        with pytest.raises(KgError):
            query.bind({parameter.name: "\x00"}, BASE)
