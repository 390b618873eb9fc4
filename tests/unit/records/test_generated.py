"""The JSON-LD context and the JSON Schema, made from ontology and shapes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from kg.records import dataset, model, schema
from kg.records.context import published
from kg.records.dataset import Dataset
from kg.records.files import record_files
from kg.records.generate import generated, main


class _Plain(yaml.SafeLoader):
    """YAML as editors read it for JSON Schema: dates stay text."""


_Plain.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    body = schema.schema(model.load())
    Draft202012Validator.check_schema(body)
    return Draft202012Validator(body)


def test_the_generated_files_are_current():
    assert main(["--check"]) == 0
    assert len(list(generated())) == 2


def test_the_schema_accepts_the_bundled_records(validator: Draft202012Validator, bundled: Dataset):
    paths = record_files(bundled)
    assert paths
    for path in paths:
        errors = validator.iter_errors(yaml.load(path.read_text(encoding="utf-8"), _Plain))
        assert [e.message for e in errors] == [], path


@pytest.mark.parametrize(
    "record",
    [
        {"id": "person/ada"},
        {"id": "person/ada", "prefLabel": "Ada", "prefLable": "x"},
        {"id": "Person/Ada", "prefLabel": "Ada"},
        {"id": "event/x", "eventType": "recption", "evidence": "a.1-2"},
        {"id": "event/x", "eventType": "reception", "startDate": "soon"},
        {"prefLabel": "no id"},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(validator: Draft202012Validator, record: dict[str, Any]):
    assert not validator.is_valid([record])


def test_every_term_of_the_context_stands_for_an_iri():
    terms = published(model.load())["@context"]
    for name, term in terms.items():
        iri = (
            term
            if isinstance(term, str)
            else term.get("@id", term.get("@reverse"))
            if isinstance(term, dict)
            else "@"
        )
        assert re.match(r"@|https?://|[a-z]+:\w", str(iri)), name


def test_a_name_means_one_thing_everywhere():
    terms = published(model.load())["@context"]
    assert terms["member"]["@id"] == "foaf:member"
    assert terms["memberParty"]["@id"] == "org:member"


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"id": "person"},
        {"id": "persn/a", "prefLabel": "A"},
        {"id": "person/A B", "prefLabel": "A"},
        {"id": "person/a"},
        {"id": "person/a", "prefLabel": "TODO"},
        {"id": "person/a", "prefLabel": {"en": "TODO"}},
        {"id": "person/a", "prefLabl": "A"},
        {"id": "person/a", "prefLabel": "A", "nameForm": {"writtenForm": "A", "evidence": "a.1"}},
        {"id": "person/a", "prefLabel": "A", "tenure": {"attestedOn": "2011"}},
        {"id": "event/a", "prefLabel": "A", "eventType": "talks"},
        {"id": "event/a", "prefLabel": "A", "eventType": "meeting", "startDate": "3 June 2013"},
        {"id": "event/a", "prefLabel": "A", "eventType": []},
        {"id": "post/a", "prefLabel": "A", "postIn": "organization/x", "singleSeat": "yes"},
        {"id": "post/a", "prefLabel": "A", "postIn": ["the League"]},
    ],
)
def test_the_schema_rejects_the_obvious_in_a_file_and_in_a_line(
    validator: Draft202012Validator, record: dict[str, Any]
):
    assert not validator.is_valid([record])
    assert not Draft202012Validator(schema.line(model.load())).is_valid(record)


def test_the_schema_of_a_line_accepts_every_bundled_record():
    line = Draft202012Validator(schema.line(model.load()))
    for name in ("icesco-azerbaijan-2021", "fixture-harbour-accord"):
        for path in record_files(dataset.find(name)):
            for record in yaml.load(path.read_text(encoding="utf-8"), Loader=_Plain):
                assert not list(line.iter_errors(record)), record["id"]


def test_every_field_type_and_concept_is_explained():
    body = schema.schema(model.load())
    for name, each in body["$defs"].items():
        if name.startswith("scheme-"):
            assert all(each["enumDescriptions"]), name
            assert len(each["enumDescriptions"]) == len(each["enum"])
        for field, inner in each.get("properties", {}).items():
            assert inner.get("description"), f"{name}.{field}"
