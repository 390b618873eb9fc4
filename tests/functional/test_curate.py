"""``kg new``, ``kg passage``, ``kg fmt`` and ``kg schema`` as people type them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kg.records import dataset


def kg(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kg", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ},
    )


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    """A copy of the invented dataset, which has its source texts with it."""
    return Path(shutil.copytree(dataset.find("fixture-harbour-accord").root, tmp_path / "harbour"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_fmt_check_names_the_files_and_writes_nothing(harbour: Path):
    assert kg("fmt", "--check", harbour).returncode == 0
    file = harbour / "events.yaml"
    file.write_text(
        "# My own.\n" + file.read_text(encoding="utf-8").replace("{en: ", "{ en:  "), encoding="utf-8"
    )
    before = contents(harbour)
    done = kg("fmt", "--check", harbour)
    assert (done.returncode, done.stdout.splitlines()) == (1, [str(file)])
    shown = kg("fmt", "--diff", file)
    assert (shown.returncode, shown.stdout.startswith("--- ")) == (0, True)
    assert contents(harbour) == before


def test_fmt_writes_what_it_says_and_a_second_time_finds_nothing_to_do(harbour: Path):
    file = harbour / "events.yaml"
    laid_out = file.read_text(encoding="utf-8")
    file.write_text(laid_out.replace("\n\n- id", "\n\n\n- id"), encoding="utf-8")
    assert kg("fmt", harbour).returncode == 0
    assert file.read_text(encoding="utf-8") == laid_out
    assert "0 of 4" in kg("fmt", harbour, file, file).stderr


def test_fmt_follows_a_link_to_a_file_and_leaves_it_a_link(harbour: Path, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("- {id: place/hill, prefLabel: Hill,   placeType: site}\n", encoding="utf-8")
    (harbour / "more.yaml").symlink_to(elsewhere)
    assert kg("fmt", harbour).returncode == 0
    assert (harbour / "more.yaml").is_symlink()
    assert elsewhere.read_text(encoding="utf-8").startswith("- id: place/hill\n  prefLabel: Hill\n")


def test_fmt_tells_every_file_that_cannot_be_read_and_lays_out_the_others(harbour: Path):
    (harbour / "a.yaml").write_text("- id: x\n  id: y\n", encoding="utf-8")
    (harbour / "b.yaml").write_text("- {id: place/hill}\n", encoding="utf-8")
    (harbour / "c.yaml").write_bytes(b"- \xff\n")
    done = kg("fmt", harbour)
    assert done.returncode == 1
    assert "a.yaml:2:3" in done.stderr
    assert "c.yaml:1:" in done.stderr
    assert (harbour / "b.yaml").read_text(encoding="utf-8") == "- id: place/hill\n"


@pytest.mark.parametrize("name", ["nowhere", "dataset.toml"])
def test_fmt_refuses_what_is_no_dataset_and_no_yaml(harbour: Path, name: str):
    assert kg("fmt", harbour / name).returncode == 2


def test_a_new_record_is_appended_told_and_valid_where_values_were_given(harbour: Path):
    done = kg(
        *("new", "place", "Gull Rock", "--set", "placeType=site", "--set", "locatedIn=place/kelmark"),
        *("--evidence", "spring-visit.581-594", "--dataset", harbour, "--json"),
    )
    body = json.loads(done.stdout)
    assert (body["id"], body["toDo"]) == ("place/gull-rock", [])
    file = Path(body["file"])
    assert file.read_text(encoding="utf-8").splitlines()[body["line"] - 1] == "- id: place/gull-rock"
    assert kg("fmt", "--check", harbour).returncode == 0
    assert kg("validate", harbour).returncode == 0
    assert kg("new", "place", "Gull Rock", "--dataset", harbour).returncode == 2


def test_a_new_record_with_a_gap_stops_a_release_until_it_is_filled(harbour: Path):
    done = kg("new", "post", "Keeper", "--dataset", harbour)
    assert "to be filled in: postIn" in done.stdout
    told = kg("validate", harbour, "--severity", "violation")
    assert told.returncode == 1
    assert "violation: postIn is still to be filled in [to-do]" in told.stdout
    assert "organization/…" in told.stdout


def test_a_passage_given_by_its_offsets_needs_no_text_and_words_do(harbour: Path):
    shutil.rmtree(harbour / "sources")
    new = ("new", "event", "Talks", "--set", "eventType=meeting", "--dataset", harbour, "--evidence")
    assert kg(*new, "the harbour master").returncode == 2
    done = kg(*new, "spring-visit.823-847")
    assert done.returncode == 0
    assert (
        kg("new", "person", "Ann", "--dataset", harbour, "--evidence", "spring-visit.823-847").returncode == 2
    )


def test_print_writes_nothing(harbour: Path):
    before = contents(harbour)
    done = kg("new", "person", "Ada Stone", "--print", "--dataset", harbour)
    assert done.stdout.startswith("- id: person/ada-stone\n")
    assert contents(harbour) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["persn", "A"], "did you mean 'person'?"),
        (["person", "A", "--set", "x"], "'x' is not FIELD=VALUE"),
        (["person", "A", "--source", "x.txt"], "--source is for articles"),
        (["article", "A", "--source", "x.txt"], "put the text there"),
        (["article", "A", "--source", "../../dataset.toml"], "put the text there"),
        (["event", "A", "--evidence", "the"], "stands in"),
        (["event", "A", "--evidence", "no such words"], "is in no article"),
        (["event", "A", "--evidence", "spring-visit.1-2"], "is in no article"),
        (["event", "A", "--evidence", "sprng-visit.1-2"], "did you mean 'spring-visit'?"),
        (["event", "A", "--date", "31 June"], "is not a date"),
        (["membership", "A", "--evidence", "spring-visit.581-594"], "has no evidence"),
    ],
)
def test_what_new_refuses_it_refuses_with_a_remedy_and_writes_nothing(
    harbour: Path, arguments: list[str], said: str
):
    before = contents(harbour)
    done = kg("new", *arguments, "--dataset", harbour)
    assert done.returncode == 2
    assert said in done.stderr
    assert contents(harbour) == before


def test_passage_gives_what_can_be_cited_and_shows_what_is_cited(harbour: Path):
    found = json.loads(kg("passage", harbour, "of the harbour  LEAGUE … varrow", "--json").stdout)["passages"]
    words = found[0]["words"]
    assert (words.startswith("of the Harbour League"), words.endswith("Varrow")) == (True, True)
    shown = json.loads(kg("passage", harbour, found[0]["passage"], "--json").stdout)["passages"]
    assert shown == found[:1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("harbour mastr of Tolvick", 1, "the nearest words are\nspring-visit.823-847"),
        ("qqqq zzzz", 1, "nothing is like it"),
        ("LEAGUE BULLETIN, 11 March 2011", 1, "outside every article of this file"),
        ("spring-visit.33-49", 0, "middle of a word"),
        ("spring-visit.1-99999", 2, "lies outside"),
        ("sprng-visit.1-9", 2, "did you mean 'spring-visit'?"),
        (" ", 2, "no words"),
        ("the", 0, "more places"),
    ],
)
def test_what_cannot_be_cited_is_told(harbour: Path, words: str, code: int, said: str):
    done = kg("passage", harbour, words)
    assert done.returncode == code
    assert said in done.stdout + done.stderr


def test_passage_without_the_texts_says_where_they_belong(harbour: Path):
    shutil.rmtree(harbour / "sources")
    done = kg("passage", harbour, "harbour master")
    assert done.returncode == 2
    assert "--sources" in done.stderr


def test_validate_shows_one_articles_findings_and_counts_the_others(harbour: Path):
    done = kg("validate", harbour, "--article", "channel-clear")
    assert done.returncode == 0
    assert "Announcement that the north channel is clear" in done.stdout
    assert "A pilot school in Tolvik" not in done.stdout
    assert "other findings are not shown" in done.stdout
    assert kg("validate", harbour, "--article", "chanel-clear").returncode == 2


def test_schema_is_printed_or_written(tmp_path: Path):
    out = tmp_path / "record.schema.json"
    assert kg("schema", "-o", out).returncode == 0
    assert kg("schema").stdout == out.read_text(encoding="utf-8")
    assert json.loads(kg("schema", "--record").stdout)["type"] == "object"
    assert kg("schema", "-o", tmp_path / "no" / "folder.json").returncode == 3
