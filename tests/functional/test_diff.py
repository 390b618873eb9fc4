"""``kg diff`` as people type it: sentences, a patch, JSON."""

from __future__ import annotations

import json

import pytest
from pyoxigraph import RdfFormat, parse
from tests.functional.conftest import History, flip


def test_what_changed_is_told_in_sentences_by_class(history: History) -> None:
    old, new = history.digests
    done = history.kg("diff", old[:10], "current")
    assert (done.returncode, done.stderr) == (0, "")
    head, notes, *classes = done.stdout.split("\n\n")
    assert head.splitlines()[:2] == [f"from {old}  0.1.0", f"to   {new}  0.2.0"]
    assert notes == "Change notes\n  Ada Stone left in June 2023."
    assert classes == [
        "Place (1 added, 1 changed)\n"
        "  + Hill.\n"
        "  ~ Harbour City: name was “Harbour” (en), is “Harbour City” (en)",
        "Tenure (1 changed)\n  ~ Post “Secretary of the League” of Ada Stone: end recorded, 2023-06",
        "Dataset (1 changed)\n  ~ Small: version was “0.1.0”, is “0.2.0”",
        "File (1 added, 1 changed)\n  + more.yaml: added\n  ~ records.yaml: other content\n",
    ]


def test_what_came_in_one_direction_goes_in_the_other(history: History) -> None:
    done = history.kg("diff", "current", "previous")
    assert "  - Hill.\n" in done.stdout
    assert "of Ada Stone: end withdrawn, 2023-06\n" in done.stdout
    assert "  - more.yaml: removed\n" in done.stdout
    assert "Change notes" not in done.stdout


def test_without_names_the_previous_release_is_compared_with_the_current_one(history: History) -> None:
    assert history.kg("diff").stdout == history.kg("diff", *history.digests).stdout


@pytest.mark.parametrize("form", ["text", "patch", "json"])
def test_the_same_releases_give_the_same_bytes(history: History, form: str) -> None:
    first, second = (history.kg("diff", "--format", form).stdout for _ in range(2))
    assert first == second != ""


def test_the_patch_turns_one_export_into_the_other(history: History) -> None:
    quads = {
        name: set(
            parse(history.kg("export", "--release", name, "--format", "nquads").stdout, RdfFormat.N_QUADS)
        )
        for name in ("previous", "current")
    }
    patched = quads["previous"]
    lines = history.kg("diff", "--format", "patch").stdout.splitlines()
    assert (lines[2], lines[-1]) == ("TX .", "TC .")
    for line in lines[3:-1]:
        (quad,) = parse(line[2:], RdfFormat.N_QUADS)
        (patched.remove if line[0] == "D" else patched.add)(quad)
    assert patched == quads["current"]


def test_programs_read_numbers_sentences_and_values(history: History) -> None:
    body = json.loads(history.kg("diff", "--json").stdout)
    assert (body["from"]["digest"], body["to"]["digest"]) == history.digests
    assert body["notes"] == ["Ada Stone left in June 2023."]
    assert body["graphs"]["added"] == ["https://example.org/small/graph/place/hill"]
    tenure = next(each for each in body["classes"] if each["class"] == "pac:Tenure")
    assert (tenure["label"], tenure["added"], tenure["changed"], tenure["removed"]) == ("Tenure", 0, 1, 0)
    (thing,) = tenure["things"]
    assert thing["iri"] == "https://example.org/small/id/tenure/ada-stone.secretary"
    assert thing["properties"][0] == {
        "property": "pac:endDate",
        "removed": [],
        "added": ['"2023-06"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>'],
    }
    patch = history.kg("diff", "--format", "patch").stdout.splitlines()
    assert (
        len([line for line in patch[3:-1] if line[0] == "A"])
        == body["triples"]["added"] + body["quads"]["added"]
    )


def test_no_difference_is_said_and_is_no_fault(history: History) -> None:
    done = history.kg("diff", "current", "current")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "no difference")
    patch = history.kg("diff", "current", "current", "--format", "patch").stdout.splitlines()
    assert [line.split()[0] for line in patch] == ["H", "H", "TX", "TC"]
    assert json.loads(history.kg("diff", "current", "current", "--json").stdout)["classes"] == []


def test_a_review_that_advanced_is_told(history: History) -> None:
    history.change("more.yaml", "placeType: city", "placeType: city\n  reviewState: checked")
    history.build()
    told = history.kg("diff").stdout
    assert "Review (1 changed)\n  ~ Hill: review state was extracted, is checked\n" in told


def test_what_is_told_of_a_property_of_several_values_is_what_came_and_what_went(history: History) -> None:
    history.change("records.yaml", "evidence: news.50-96", "evidence: [news.50-96, news.0-49]")
    history.build()
    assert (
        "~ Ada Stone in “Opening of the session”: evidence recorded, news.0-49\n" in history.kg("diff").stdout
    )


def test_of_a_long_text_the_place_that_differs_is_shown(history: History) -> None:
    long = "Word " * 40
    history.change("more.yaml", "placeType: city", f"placeType: city\n  note: {long}before.")
    history.build()
    history.change("more.yaml", "before.", "after.")
    history.build()
    told = history.kg("diff").stdout
    assert (
        "~ Hill: note was “…Word Word Word Word before.” (en), is “…Word Word Word Word after.” (en)\n"
        in told
    )


def test_a_person_who_comes_and_one_who_goes(history: History) -> None:
    history.change(
        "records.yaml", "    - participant: person/ada-stone", "    - participant: person/ben-hill"
    )
    history.change(
        "more.yaml", "- id: place/hill", "- id: person/ben-hill\n  prefLabel: Ben Hill\n- id: place/hill"
    )
    history.build()
    told = history.kg("diff").stdout
    assert "Person (1 added)\n  + Ben Hill.\n" in told
    assert "Participation (1 added, 1 removed)\n  + Ben Hill (speaker), in Opening of the session.\n" in told
    assert "  - Ada Stone (speaker), in Opening of the session.\n" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fff", "current"), "no release starts with 'fff'"),
        (("nonsense", "current"), "'previous'"),
        (("--format", "html"), "--help"),
        (("--json", "--format", "patch"), "do not go together"),
    ],
)
def test_wrong_usage_of_diff_exits_2(history: History, arguments: tuple[str, ...], said: str) -> None:
    done = history.kg("diff", *arguments)
    assert (done.returncode, said in done.stderr) == (2, True)


def test_a_prefix_of_more_than_one_release_is_refused_with_their_names(history: History) -> None:
    found = {digest[0] for digest in history.digests}
    if len(found) > 1:  # make a neighbour that starts alike, which need not be whole
        (history.store / "small" / "releases" / (history.digests[0][0] + "0" * 63)).mkdir()
    done = history.kg("diff", history.digests[0][0], "current")
    assert done.returncode == 2
    assert f"which of {history.digests[0][:12]}" in done.stderr or history.digests[0][:12] in done.stderr


def test_a_damaged_release_is_not_compared(history: History) -> None:
    for table in history.path(history.digests[0]).glob("store/*.sst"):
        flip(table)
    done = history.kg("diff")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert history.digests[0] in done.stderr
