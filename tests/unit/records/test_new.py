"""New records: valid where values were given, a finding that says what to fill in where not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kg.errors import DataError, UsageError
from kg.findings import Finding, Location
from kg.records import articles, dataset, fmt, model, new, templates
from kg.records.load import load, parse
from kg.records.parse import Parser
from kg.records.reader import read

Make = Any  # the fixture of this folder's conftest
MODEL = model.load()
TYPES = [kind.name for kind in MODEL.top_level()]


def faults(text: str) -> list[Finding]:
    parser = Parser(MODEL, "en")
    tree = read(text.encode(), "new.yaml")
    parser.file(tree.root, Location("new.yaml"))
    return [*tree.findings, *parser.findings]


def template(name: str) -> str:
    kind = MODEL.types[name]
    named = templates.name_field(kind)
    return templates.record(kind, f"{kind.path}/some-name", {named: ["Some: name"]} if named else {}, MODEL)


@pytest.mark.parametrize("name", TYPES)
def test_the_findings_of_a_template_are_the_required_fields_that_were_not_given(name: str):
    kind = MODEL.types[name]
    told = faults(template(name))
    assert {f.code for f in told} <= {"to-do"}
    asked = {n for n in templates.required(kind) if n != templates.name_field(kind)}
    inside = {"participation": {"participant", "role", "evidence"}}
    assert {f.message.split()[0] for f in told} == {m for n in asked for m in inside.get(n, {n})}
    assert all(f.remedy for f in told)


@pytest.mark.parametrize("name", TYPES)
def test_a_template_shows_every_field_and_each_comment_is_a_field_once_its_hash_is_gone(name: str):
    text = template(name)
    shown = re.sub(r"^  # ([a-z]\w+: )", r"  \1", text, flags=re.M)
    codes = {f.code for f in faults(shown)}
    assert codes <= {"to-do", "bad-id"}  # the key of a nested statement is no slug yet
    written = set(MODEL.written(MODEL.types[name])) - {"reviewState", "passage"}
    assert written == set(re.findall(r"^  (\w+):", shown, re.M))


@pytest.mark.parametrize("name", TYPES)
def test_a_template_is_laid_out_as_kg_fmt_does(name: str):
    assert fmt.tidy(template(name).encode(), "new.yaml", MODEL) == template(name)
    assert max(map(len, template(name).splitlines())) <= fmt.WIDTH


def make_new(found: dataset.Dataset, kind: str, name: str, **given: list[str]) -> new.New:
    return new.make(found, parse(found), MODEL.types[kind], name, given, MODEL)


def test_the_id_is_made_from_the_name(make: Make):
    assert make_new(make(), "Person", "Əli Ørsted-Łuk", prefLabel=["A"]).id == "person/eli-orsted-luk"


@pytest.mark.parametrize(
    ("kind", "name", "given", "message", "hint"),
    [
        ("Organization", "Paper", {}, "organization/paper is there already: ", "--id"),
        ("Person", "?!", {}, "no id can be made from '?!'", "--id a-slug"),
        ("Person", "A", {"prefLabl": ["A"]}, "Person has no field 'prefLabl'", "prefLabel"),
        ("Event", "A", {"startDate": ["3 June 2013"]}, "'3 June 2013' is not a date", "write 2013-06-03"),
        ("Event", "A", {"eventType": ["talks"]}, "there is no 'talks'", "'meeting'"),
        ("Event", "A", {"startDate": ["2013", "2014"]}, "startDate takes one value", "keep one"),
        ("Event", "A", {"prefLabel": ["\x00"]}, "U+0000", "plainly"),
        ("Person", "A", {"tenure": ["post/x"]}, "tenure takes nested records", "{field: value"),
        ("Person", "A", {"tenure": ["{post: p/x}\n- id: place/b"]}, "tenure takes nested records", "{field"),
        ("Person", "A", {"tenure": ["{post: [}"]}, "these values make no record", "brackets"),
    ],
)
def test_what_cannot_be_is_refused_with_what_could(
    make: Make, kind: str, name: str, given: dict[str, list[str]], message: str, hint: str
):
    with pytest.raises(UsageError) as caught:
        make_new(make(), kind, name, **given)
    assert message in caught.value.message
    assert hint in str(caught.value.hint)


def test_a_namesake_and_a_reference_to_nothing_are_noted_and_do_not_stop(make: Make):
    made = make_new(make(), "Organization", "Papers", prefLabel=["P"], seat=["place/hall"])
    assert sorted(note.code for note in made.notes) == ["alike", "dangling-reference"]
    assert any("organization/paper" in note.message for note in made.notes)


def test_a_record_goes_where_its_type_stands_and_the_rest_of_the_file_stays(make: Make):
    found = make()
    made = make_new(found, "Organization", "Guild", prefLabel=["Guild"])
    path = new.place(found, parse(found), MODEL.types["Organization"], {})
    before = path.read_text(encoding="utf-8")
    line = new.append(found, path, made)
    after = path.read_text(encoding="utf-8")
    assert after.startswith(before.rstrip())
    assert after.splitlines()[line - 1] == "- id: organization/guild"
    assert "organization/guild" in {r.id for r in load(dataset.read(found.root)).records}


def test_a_type_that_has_no_file_gets_one(make: Make):
    found = make()
    assert new.place(found, parse(found), MODEL.types["Person"], {}).name == "people.yaml"
    assert new.place(found, parse(found), MODEL.types["State"], {}).name == "states.yaml"


def test_where_each_article_has_its_file_the_evidence_says_which():
    found = dataset.find()
    for article in ("asan-tour", "carpet-museum"):
        path = new.place(found, parse(found), MODEL.types["Event"], {"evidence": [f"{article}.1-2"]})
        assert path == found.root / "events" / f"{article}.yaml"


@pytest.mark.parametrize(
    "content", ["a: b\n", "[]\n", "  - id: place/x\n", "- {id: place/x\n", "- a\n--- \n"]
)
def test_a_file_that_a_record_cannot_be_added_to_is_left_alone(make: Make, content: str):
    found = make()
    path = found.root / "odd.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"odd\.yaml is no list of records"):
        new.append(found, path, make_new(found, "Person", "Zoe", prefLabel=["Zoe"]))
    assert path.read_text(encoding="utf-8") == content


@pytest.mark.parametrize("name", ["../out.yaml", "notes.txt"])
def test_a_file_that_would_not_be_read_is_refused(make: Make, name: str):
    found = make()
    with pytest.raises(UsageError, match="would not be read"):
        new.append(found, found.root / name, make_new(found, "Person", "Zoe", prefLabel=["Zoe"]))


def test_an_article_runs_from_its_title_to_the_end_of_the_text_or_the_next_article(
    make: Make, tmp_path: Path
):
    found = make()
    (tmp_path / "news.txt").write_text("Head\n\nFirst  one\nA. B.\n\nNews\nC.\n\n", encoding="utf-8")
    records = make.records.replace("textStart: 0", "textStart: 24").replace("textEnd: 40", "textEnd: 31")
    found = make(records, (tmp_path / "news.txt").read_text(encoding="utf-8"))
    place = articles.locate(found, parse(found), tmp_path, "news.txt", "first one")
    assert (place.title, place.start, place.end, place.source_title) == ("First one", 6, 22, "Head")
    with pytest.raises(UsageError, match="the title stands in article/news"):
        articles.locate(found, parse(found), tmp_path, "news.txt", "News")
    with pytest.raises(UsageError) as caught:
        articles.locate(found, parse(found), tmp_path, "news.txt", "Frist one")
    assert caught.value.hint == "the nearest words are 'First one'"


def test_a_source_is_listed_once(make: Make):
    found = make()
    (found.root / dataset.FILE).write_text(
        new.listing(found, "b.txt", 'A 😀 “title” "x"\t'), encoding="utf-8"
    )
    again = dataset.read(found.root)
    assert [(s.file, s.title) for s in again.sources][-1] == ("b.txt", 'A 😀 “title” "x"\t')
    assert not new.listing(again, "b.txt", "other")


def test_sources_in_another_form_are_left_to_the_curator(make: Make):
    found = make()
    path = found.root / dataset.FILE
    old = path.read_text(encoding="utf-8")
    path.write_text(
        old.replace('[[sources]]\nfile = "news.txt"', 'sources = [{file = "news.txt"}]'), encoding="utf-8"
    )
    with pytest.raises(UsageError, match="does not list") as caught:
        new.listing(dataset.read(found.root), "b.txt", "B")
    assert caught.value.hint == "list 'b.txt' there by hand"
