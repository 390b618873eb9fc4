"""/queries: the canned queries."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

import pytest

ROOM = "/queries/who-was-in-the-room"
HTML = "text/html"


def test_the_list_is_a_page_or_json(server):
    assert "who-was-in-the-room" in server.ask("/queries", accept=HTML).text
    names = [q["name"] for q in server.ask("/queries").json["queries"]]
    assert "who-was-in-the-room" in names


def test_the_list_says_what_each_query_may_be_asked(server):
    listed = {q["name"]: q["parameters"] for q in server.ask("/queries").json["queries"]}
    assert listed["bodies-together"] == []
    (body,) = listed["who-must-act"]
    assert body == {
        "name": "body",
        "type": "entity",
        "class": "org:Organization",
        "label": "Body",
        "default": "organization/icesco",
        "required": False,
        "examples": ["organization/icesco", "state/azerbaijan"],  # state/kelmark is of another dataset
    }


def test_the_examples_that_the_list_gives_can_be_asked(server):
    for query in server.ask("/queries").json["queries"]:
        for parameter in query["parameters"]:
            for example in parameter["examples"]:
                asked = f"/queries/{query['name']}.csv?{parameter['name']}={quote(example)}"
                assert server.ask(asked).status == 200, asked


def test_every_canned_query_runs_with_its_defaults(server):
    for query in server.ask("/queries").json["queries"]:
        answer = server.ask(f"/queries/{query['name']}", accept=HTML)
        assert answer.status == 200, query["name"]
        assert "<table" in answer.text or "<pre" in answer.text, query["name"]


def test_the_page_has_a_form_and_a_table_of_labels(server):
    page = server.ask(ROOM, accept=HTML).text
    assert "<select" in page
    assert "<table" in page
    assert "Ilham Aliyev" in page
    assert 'href="/doc/participation/president-reception.ilham-aliyev"' in page


def test_a_suffix_chooses_the_format(server):
    for suffix, media_type in [
        ("csv", "text/csv"),
        ("tsv", "text/tab-separated-values"),
        ("json", "application/sparql-results+json"),
        ("xml", "application/sparql-results+xml"),
    ]:
        answer = server.ask(f"{ROOM}.{suffix}", accept=HTML)
        assert (answer.status, answer.media_type) == (200, media_type)


def test_the_same_rows_come_in_every_format(server):
    rows = server.ask(f"{ROOM}?format=json").json["results"]["bindings"]
    table = list(csv.reader(io.StringIO(server.ask(ROOM, accept="text/csv").text)))
    assert len(rows) == len(table) - 1 > 0


def test_an_unknown_suffix_is_404(server):
    assert server.ask(f"{ROOM}.docx").status == 404


def test_an_unknown_query_is_404(server):
    assert server.ask("/queries/who-was-in-the-rom").status == 404


def test_a_parameter_changes_the_answer(server):
    def records(parameters: str) -> set[str]:
        rows = server.ask(f"{ROOM}.json{parameters}").json["results"]["bindings"]
        return {row["record"]["value"] for row in rows}

    ours = records("?event=event/president-reception")
    assert ours == records("?event=" + quote(server.base + "id/event/president-reception", safe=""))
    assert ours == records("")
    assert not ours & records("?event=event/asan-tour")


def test_an_unknown_parameter_is_400_naming_it(server):
    answer = server.ask(f"{ROOM}.csv?evnt=x")
    assert answer.status == 400
    assert answer.json["parameter"] == "evnt"


def test_a_repeated_parameter_is_400_naming_it(server):
    answer = server.ask(f"{ROOM}.csv?event=event/asan-tour&event=event/asan-tour")
    assert answer.status == 400
    assert answer.json["parameter"] == "event"


def test_an_ill_typed_parameter_is_400_naming_it(server):
    answer = server.ask(f"{ROOM}.csv?event=%3E%20%7D%20UNION%20%7B")
    assert answer.status == 400
    assert answer.json["parameter"] == "event"


def test_an_unacceptable_type_is_406(server):
    assert server.ask(ROOM, accept="image/png").status == 406


@pytest.mark.parametrize("event", ["event/asan-talk", "person/ilham-aliyev"])
def test_an_entity_that_is_not_there_or_of_another_kind_is_400_naming_the_parameter(server, event):
    answer = server.ask(f"/queries/who-was-in-the-room.csv?event={event}")
    assert answer.status == 400
    assert "event" in answer.json["detail"]
