"""Records against the model: what is accepted, and what is said of what is not."""

from __future__ import annotations

import textwrap

import pytest

from kg.findings import Finding, Location
from kg.records import model
from kg.records.kinds import is_date
from kg.records.names import slug
from kg.records.parse import Parser, Record
from kg.records.reader import read


def parse(text: str) -> tuple[list[Record], list[Finding]]:
    tree = read(textwrap.dedent(text).encode(), "f.yaml")
    assert not tree.findings
    parser = Parser(model.load(), "en")
    return parser.file(tree.root, Location("f.yaml")), parser.findings


def only(text: str) -> Finding:
    findings = parse(text)[1]
    assert len(findings) == 1, findings
    return findings[0]


def test_a_sound_record_has_no_findings():
    records, findings = parse(
        """
        - id: person/ada-lovelace
          prefLabel: {en: Ada Lovelace, fr: [Ada]}
          tenure:
            - {post: post/countess, attestedOn: 1840-01-01, evidence: news.10-20}
        """
    )
    assert not findings
    assert [r.id for r in records[0].all()] == ["person/ada-lovelace", "tenure/ada-lovelace.countess"]


@pytest.mark.parametrize(
    ("field", "code", "said"),
    [
        ("prefLable: x", "unknown-field", "prefLabel"),
        ("gist: x", "unknown-field", "Statement"),
        ("earliest: 2021-01-01", "unknown-field", "build writes it"),
        ("startDate: 2021-02-30", "bad-date", "2021-01-13"),
        ("startDate: 13 January 2021", "bad-date", "2021-01-13"),
        ("startDate: [2021-01-01, 2021-01-02]", "too-many-values", "one"),
        ("eventType: recption", "unknown-concept", "reception"),
        ("atPlace: Baku", "wrong-type", "kind/slug"),
        ("evidence: news:1-2", "wrong-type", "article.start-end"),
        ("evidence: news.20-10", "wrong-type", "start below the end"),
        ("startDate: {a: b}", "wrong-type", "day, month or year"),
        ("prefLabel: [[x]]", "wrong-type", "flat"),
        ("prefLabel: {english: x}", "bad-language", "en"),
        ("note: ''", "empty-value", "remove"),
        ("topic: []", "empty-value", "remove"),
        ("statement: [{gist: x}]", "missing-id", "key"),
        ("statement: [{key: Not A Slug}]", "bad-id", "lower-case"),
        ("participation: [{role: host}]", "missing-id", "participant"),
        ("participation: x", "wrong-type", "nested"),
        ("reviewState: cheked", "unknown-concept", "checked"),
        ("type: Person", "wrong-type", "remove"),
    ],
)
def test_a_faulty_field_is_named_with_a_remedy(field: str, code: str, said: str):
    finding = only(f"- id: event/x\n  {field}\n")
    assert finding.code == code
    assert said in finding.message + finding.remedy
    assert finding.location is not None
    assert finding.location.line == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("- prefLabel: x", "missing-id"),
        ("- id: Person/Ada", "bad-id"),
        ("- id: [a]", "bad-id"),
        ("- id: persn/ada", "unknown-type"),
        ("- id: passage/a.1-2", "unknown-type"),
        ("id: person/ada", "wrong-type"),
        ("- person/ada", "wrong-type"),
    ],
)
def test_a_record_that_cannot_be_one_is_named(text: str, code: str):
    assert only(text).code == code


def test_the_remedy_for_a_bad_id_is_the_id_that_was_meant():
    assert "'person/ada-lovelace'" in only("- id: Person/Ada Lovelace").remedy


def test_one_run_tells_everything():
    codes = [f.code for f in parse("- id: event/x\n  foo: 1\n  startDate: soon\n- id: nope\n")[1]]
    assert codes == ["unknown-field", "bad-date", "bad-id"]


def test_nested_ids_come_from_the_parent_and_what_names_them():
    records, findings = parse(
        """
        - id: event/talks
          nameForm: [{writtenForm: Talks, evidence: a.1-2}]
          participation: [{participant: person/ada, role: host, key: again}]
          statement:
            - key: thanks
              participation: {participant: person/ada, role: speaker}
        """
    )
    assert not findings
    assert [r.id for r in records[0].all()][1:] == [
        "name-form/event.talks.talks",
        "participation/talks.ada.again",
        "statement/talks.thanks",
        "participation/talks.thanks.ada",
    ]


@pytest.mark.parametrize("text", ["2021", "2021-01", "2020-02-29", "0999-12-31"])
def test_a_day_month_or_year_of_the_calendar_is_a_date(text: str):
    assert is_date(text)


@pytest.mark.parametrize(
    "text", ["0000", "2021-13", "2021-00-10", "2021-02-29", "21-01-01", "٢٠٢١", "2021-1-1", ""]
)
def test_anything_else_is_no_date(text: str):
    assert not is_date(text)


@pytest.mark.parametrize(
    ("text", "made"), [("Allahshükür Paşazadə", "allahshukur-pasazade"), ("  Mr. ", "mr"), ("北京", "")]
)
def test_a_slug_is_folded_to_ascii(text: str, made: str):
    assert slug(text) == made
