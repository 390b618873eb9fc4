"""Hygiene: what each rule of queries/checks finds, and beside it what it must not find."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from kg import resources
from kg.build import checks, convert, pipeline
from kg.errors import EnvironmentFault
from kg.findings import Severity
from kg.records import dataset, digests

PREFIXES = """
    PREFIX : <https://example.org/id/>
    PREFIX dcterms: <http://purl.org/dc/terms/>
    PREFIX event-status: <https://w3id.org/pac/scheme/event-status/>
    PREFIX foaf: <http://xmlns.com/foaf/0.1/>
    PREFIX org: <http://www.w3.org/ns/org#>
    PREFIX pac: <https://w3id.org/pac/ns#>
    PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
    PREFIX status: <https://w3id.org/pac/scheme/status/>
    PREFIX strength: <https://w3id.org/pac/scheme/strength/>
    PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
SAID = ':vow pac:expressedBy :said . :said pac:startDate "2021-02-03"^^xsd:date . '
TOLD = (
    ':e pac:evidence :p ; pac:startDate "2021-02-03"^^xsd:date . '
    ':p pac:inArticle :n . :n dcterms:issued "2021-02-02"^^xsd:date . '
)

TWINS = {
    "assessed-before-it-was-said": (
        SAID + ':a pac:assessmentOf :vow ; pac:startDate "2021-02-02"^^xsd:date .',
        SAID + ':a pac:assessmentOf :vow ; pac:startDate "2021"^^xsd:gYear .',
    ),
    "attested-outside-the-tenure": (
        ':t pac:attestedOn "2021-02-03"^^xsd:date ; pac:endDate "2021-01"^^xsd:gYearMonth .',
        ':t pac:attestedOn "2021-02-03"^^xsd:date ; pac:endDate "2021-02"^^xsd:gYearMonth .',
    ),
    "cancelled-event-took-place": (
        ":vow pac:fulfilledBy :e . :e pac:eventStatus event-status:cancelled .",
        ":vow pac:fulfilledBy :e . :e pac:eventStatus event-status:completed .",
    ),
    "change-of-nothing": (
        ":c org:originalOrganization :x ; org:resultingOrganization :x .",
        ":c org:originalOrganization :x ; org:resultingOrganization :y .",
    ),
    "concept-outside-its-scheme": (
        ":c a skos:Concept ; skos:inScheme :nowhere .",
        ":c a skos:Concept ; skos:inScheme :s . :s a skos:ConceptScheme .",
    ),
    "evidence-missing": (
        ":ann a foaf:Person . :part pac:participant :ann ; pac:participationIn :e .",
        ":ann a foaf:Person . :part pac:participant :ann ; pac:participationIn :e . :e pac:evidence :p .",
    ),
    "expired-without-an-end": (
        ":a pac:status status:expired ; pac:assessmentOf :vow .",
        ':a pac:status status:expired ; pac:assessmentOf :vow . :vow pac:endDate "2021"^^xsd:gYear .',
    ),
    "kept-before-it-was-said": (
        SAID + ':vow pac:fulfilledBy :e . :e pac:endDate "2021-02-02"^^xsd:date .',
        SAID + ':vow pac:fulfilledBy :e . :e pac:endDate "2021-02-03"^^xsd:date .',
    ),
    "kept-but-not-assessed": (
        ":vow pac:fulfilledBy :e . :a pac:assessmentOf :vow ; pac:status status:active .",
        ":vow pac:fulfilledBy :e . :a pac:assessmentOf :vow ; pac:status status:discharged .",
    ),
    "label-missing": (":s a pac:Statement .", ':s a pac:Statement ; skos:prefLabel "Vow"@en .'),
    "label-twice": (
        ':x a org:Post ; skos:prefLabel "Chair"@en . :y a org:Post ; skos:prefLabel "Chair"@en .',
        ':x a org:Post ; skos:prefLabel "Chair"@en . :y a pac:Place ; skos:prefLabel "Chair"@en .',
    ),
    "orphan-passage": (":p a pac:Passage .", ":p a pac:Passage . :e pac:evidence :p ."),
    "restated-before-it-was-said": (
        SAID + ':again pac:restates :vow ; pac:expressedBy [ pac:startDate "2021-01-01"^^xsd:date ] .',
        SAID + ':again pac:restates :vow ; pac:expressedBy [ pac:startDate "2021-02"^^xsd:gYearMonth ] .',
    ),
    "told-before-it-happened": (
        TOLD + ":e pac:eventStatus event-status:completed .",
        TOLD + ":e pac:eventStatus event-status:scheduled .",
    ),
    "topic-of-a-common-scheme": (":e pac:topic strength:offer .", ":e pac:topic :peace ."),
    "transferred-to-nobody": (
        ":a pac:status status:transferred ; pac:assessmentOf :vow . :vow pac:debtor :x . "
        ":next pac:restates :vow ; pac:debtor :x .",
        ":a pac:status status:transferred ; pac:assessmentOf :vow . :vow pac:debtor :x . "
        ":next pac:restates :vow ; pac:debtor :y .",
    ),
    "unused-thing": (
        ":c a org:Organization . :j pac:subject :c .",
        ":c a org:Organization . :x pac:debtor :c .",
    ),
}
RULES = {check.name: check for check in checks.read()}


def found(rule: str, turtle: str) -> list[str]:
    store = ox.Store()
    store.load(f"{PREFIXES} {turtle}".encode(), format=ox.RdfFormat.TURTLE)
    return [result.code for result in checks.run(store, [RULES[rule]])]


def test_every_rule_has_its_twins() -> None:
    assert len(RULES) >= 15
    assert RULES.keys() == TWINS.keys()


@pytest.mark.parametrize("rule", sorted(TWINS))
def test_a_rule_finds_the_fault_and_lets_its_twin_pass(rule: str) -> None:
    invalid, valid = TWINS[rule]
    assert found(rule, invalid) == [rule]
    assert found(rule, valid) == []


def test_the_ontology_and_the_schemes_alone_break_no_rule() -> None:
    store = ox.Store()
    store.extend(convert.schema_quads(resources.ontology()))
    assert checks.run(store) == []


def test_a_rule_says_what_is_wrong_and_what_to_do() -> None:
    for check in RULES.values():
        wrong, stop, remedy = check.message.partition(". ")
        assert wrong, check.name
        assert stop, check.name
        assert remedy.endswith("."), check.name


def test_rows_warn_unless_the_rule_says_otherwise(tmp_path: Path) -> None:
    assert RULES["label-missing"].severity is Severity.WARNING
    assert RULES["change-of-nothing"].severity is Severity.VIOLATION
    (tmp_path / "odd.rq").write_text("# Odd. Mend it.\n#+ severity: dreadful\nSELECT ?this {}")
    with pytest.raises(EnvironmentFault, match="no severity dreadful"):
        checks.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("SELECT ?this {}", "no comment"), ("# A. B.\nSELECT", "parse"), ("# A. B.\nSELECT ?x {}", "select")],
)
def test_a_check_that_cannot_run_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "odd.rq").write_text(text)
    with pytest.raises(EnvironmentFault, match=message) as caught:
        checks.run(ox.Store(), checks.read(tmp_path))
    assert "odd" in caught.value.message


TOML = """
name = "small"
title = "Small"
base = "https://example.org/small/"
publisher = "Nobody"
licence = "https://creativecommons.org/licenses/by/4.0/"
[[sources]]
file = "news.txt"
"""
RECORDS = """
- id: organization/paper
  prefLabel: The Paper
- id: article/news
  title: News
  publisher: organization/paper
  language: en
  sourceFile: news.txt
  textStart: 0
  textEnd: 9
- id: change-event/nothing
  prefLabel: Nothing changes
  originalOrganization: organization/paper
  resultingOrganization: organization/paper
- id: place/nowhere
  prefLabel: Nowhere
  placeType: city
"""


def test_rows_stand_in_the_report_of_the_gate_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "all.yaml").write_text(RECORDS, encoding="utf-8")
    (tmp_path / "news.txt").write_text("It rains.", encoding="utf-8")
    digests.write(dataset.read(tmp_path), tmp_path)
    checked = pipeline.check(dataset.read(tmp_path))
    rows = {f.code: f for f in checked.findings if f.code in RULES}
    change, nowhere = rows["change-of-nothing"], rows["unused-thing"]
    assert (change.severity, change.location.line if change.location else 0) == (Severity.VIOLATION, 14)
    assert (nowhere.severity, nowhere.location.line if nowhere.location else 0) == (Severity.WARNING, 15)
    assert nowhere.message == "Nowhere: No record speaks of this thing, and no name form proves it"
    assert nowhere.remedy.startswith("Refer to it")
    assert not checked.conforms


@pytest.mark.parametrize("name", sorted(p.parent.name for p in resources.data().glob("*/dataset.toml")))
def test_the_datasets_of_kg_break_no_rule(name: str) -> None:
    assert [f for f in pipeline.check(dataset.find(name)).findings if f.code in RULES] == []
