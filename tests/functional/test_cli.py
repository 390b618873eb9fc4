"""The ``kg`` command as people type it: in a process of its own, with its exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.records.dataset import Dataset
from kg.release import Release


def kg(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kg", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environ},
    )


@pytest.fixture
def copy(bundled: Dataset, tmp_path: Path) -> Path:
    """A copy of the bundled dataset that a test may spoil."""
    return Path(shutil.copytree(bundled.root, tmp_path / "copy"))


@pytest.fixture(scope="session")
def store(release: Release) -> Path:
    """The store folder of the session's release."""
    return release.path.parents[2]


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_build_publishes_a_release_and_says_which(copy: Path, tmp_path: Path):
    done = kg("build", copy, "--store", tmp_path / "store", "--json")
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert (tmp_path / "store" / "icesco-azerbaijan-2021" / "current").read_text().strip() == body["digest"]
    assert body["counts"]["classes"]["pac:Article"] == 10
    assert body["findings"]["violation"] == 0


def test_a_violation_stops_the_release_and_the_old_one_stays(copy: Path, tmp_path: Path):
    store = tmp_path / "store"
    assert kg("build", copy, "--store", store).returncode == 0
    before = (store / "icesco-azerbaijan-2021" / "current").read_text()
    spoil(copy / "events" / "president-reception.yaml", "eventStatus: completed", "eventStatus: complet")
    done = kg("build", copy, "--store", store)
    assert done.returncode == 1
    assert "president-reception.yaml:5:16: violation" in done.stderr
    assert "did you mean 'completed'?" in done.stderr
    assert (store / "icesco-azerbaijan-2021" / "current").read_text() == before


def test_validate_tells_all_findings_at_once_with_file_and_line(copy: Path):
    (copy / "extra.yaml").write_text("- id: x\n  a: b: c\n", encoding="utf-8")
    spoil(
        copy / "commitments" / "president-reception.yaml",
        "debtor: state/azerbaijan",
        "debtr: state/azerbaijan",
    )
    spoil(copy / "commitments" / "asan-tour.yaml", "organization/asan-xidmet", "organization/asan-xidmt")
    spoil(copy / "entities" / "people.yaml", "attestedOn: 2021-01-13", "attestedOn: 2021-13-13")
    spoil(
        copy / "events" / "asan-talks.yaml",
        "    - participant: person/salim-almalik\n",
        "    - participant: place/baku\n",
    )
    done = kg("validate", copy, "--format", "json")
    assert done.returncode == 1
    found = {
        (f["code"], f["file"]) for f in json.loads(done.stdout)["findings"] if f["severity"] == "violation"
    }
    assert {
        ("yaml-syntax", "extra.yaml"),
        ("unknown-field", "commitments/president-reception.yaml"),
        ("dangling-reference", "commitments/asan-tour.yaml"),
        ("bad-date", "entities/people.yaml"),
        ("C08-participation-one-participant", "events/asan-talks.yaml"),
    } <= found


def test_validate_reports_as_shacl_too(copy: Path):
    done = kg("validate", copy, "--format", "turtle")
    assert done.returncode == 0
    report = list(ox.parse(done.stdout, format=ox.RdfFormat.TURTLE))
    assert any(q.object == ox.NamedNode("http://www.w3.org/ns/shacl#ValidationReport") for q in report)


def test_validate_checks_the_passages_against_the_sources(copy: Path, sources: Path):
    assert kg("validate", copy, "--sources", sources).returncode == 0
    spoil(copy / "passages.yaml", "6787-6793: ", "6787-6793: 0")
    done = kg("validate", copy, "--sources", sources)
    assert done.returncode == 1
    assert "C33-quote-digest" in done.stdout


def test_digest_writes_what_is_already_there(copy: Path, sources: Path):
    before = (copy / "passages.yaml").read_bytes()
    (copy / "passages.yaml").unlink()
    assert kg("digest", copy, "--sources", sources).returncode == 0
    assert (copy / "passages.yaml").read_bytes() == before


def test_with_sources_the_release_holds_the_quoted_words(copy: Path, sources: Path, tmp_path: Path):
    kg("build", copy, "--store", tmp_path, "--sources", sources)
    ask = "PREFIX oa: <http://www.w3.org/ns/oa#> SELECT (COUNT(*) AS ?n) { ?p oa:exact ?q }"
    done = kg("query", ask, "--dataset", copy, "--store", tmp_path, "--format", "csv")
    assert int(done.stdout.split()[1]) > 100


def test_a_canned_query_is_asked_by_name(store: Path):
    done = kg("query", "who-was-in-the-room", "--store", store, "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert "Ilham Aliyev" in done.stdout
    assert "Anar Karimov" in done.stdout


def test_common_prefixes_need_no_declaration(store: Path):
    done = kg(
        "query", "SELECT (COUNT(?c) AS ?n) { ?c a pac:Commitment }", "--store", store, "--format", "csv"
    )
    assert done.stdout.split() == ["n", "47"]


def test_a_graph_query_gives_turtle(store: Path):
    done = kg("query", "CONSTRUCT WHERE { ?s pac:strength ?o }", "--store", store)
    assert "pac:strength" in done.stdout
    assert len(list(ox.parse(done.stdout, format=ox.RdfFormat.TURTLE))) == 47


def test_export_writes_one_entity(store: Path):
    done = kg("export", "--entity", "person/ilham-aliyev", "--format", "jsonld", "--store", store)
    body = json.loads(done.stdout)
    assert body["id"] == "person/ilham-aliyev"
    assert body["tenure"]["post"] == "post/president-of-azerbaijan"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "--help"),
        (("bild",), 2, "--help"),
        (("build", "no-such-dataset"), 2, "bundled"),
        (("query", "who-was-in-the-rom"), 2, "who-was-in-the-room"),
        (("query", "SELECT ?x { ?x a }"), 2, "line 1"),
        (("query", "ASK {}", "--format", "pdf"), 2, "json"),
        (("query", "INSERT DATA { <a:a> <a:b> <a:c> }"), 2, "pdate"),
        (("query", "who-was-in-the-room", "--param", "evnt=event/x"), 2, "event"),
        (("query", "who-was-in-the-room", "--param", "event"), 2, "NAME=VALUE"),
        (("export", "--entity", "person/nobody"), 2, "person/nobody"),
        (("export", "--format", "docx"), 2, "turtle"),
    ],
)
def test_wrong_usage_exits_2_with_a_remedy(arguments: tuple[str, ...], code: int, said: str, store: Path):
    done = kg(*arguments, KG_STORE=str(store))
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_release_exits_3_and_says_how_to_get_one(tmp_path: Path):
    done = kg("query", "ASK {}", "--store", tmp_path)
    assert done.returncode == 3
    assert "kg build" in done.stderr


def test_a_damaged_release_exits_3_and_is_named(copy: Path, tmp_path: Path):
    kg("build", copy, "--store", tmp_path)
    for file in (tmp_path / "icesco-azerbaijan-2021").rglob("*.sst"):
        file.write_bytes(b"\0" * 10)
    done = kg("releases", "verify", "--store", tmp_path)
    assert done.returncode == 3
    assert "damaged" in done.stderr.lower()


def test_a_reader_that_leaves_early_is_no_fault(store: Path):
    shell = f"'{sys.executable}' -m kg export --format nquads --store '{store}' | head -1"
    done = subprocess.run(shell, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_a_record_file_that_cannot_be_read_is_a_finding(copy: Path):
    (copy / "lost.yaml").symlink_to(copy / "nowhere.yaml")
    (copy / "folder.yaml").mkdir()
    done = kg("validate", copy, "--format", "json")
    assert done.returncode == 1
    violations = [f for f in json.loads(done.stdout)["findings"] if f["severity"] == "violation"]
    assert [(f["code"], f["file"]) for f in violations] == [("unreadable-file", "lost.yaml")]


@pytest.mark.parametrize("arguments", [("query", "ASK {}", "--format", "csv"), ("export",)])
def test_a_full_standard_output_exits_3(arguments: tuple[str, ...], store: Path):
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "kg", *arguments, "--store", str(store)]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_an_export_leaves_a_link_a_link_and_a_device_a_device(store: Path, tmp_path: Path):
    (tmp_path / "link.ttl").symlink_to(tmp_path / "there.ttl")
    assert kg("export", "-o", tmp_path / "link.ttl", "--store", store).returncode == 0
    assert (tmp_path / "link.ttl").is_symlink()
    assert (tmp_path / "there.ttl").stat().st_size > 1000
    assert kg("export", "-o", "/dev/null", "--store", store).returncode == 0
    assert Path("/dev/null").is_char_device()


def test_a_terminal_that_cannot_show_a_letter_gets_its_escape(store: Path):
    done = kg("query", "who-was-in-the-room", "--store", store, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "\\u2013" in done.stdout


ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def at_work(*arguments: str | Path) -> tuple[subprocess.Popen[str], int]:
    """A command and its child process, once there is one (Linux)."""
    command = subprocess.Popen(
        [sys.executable, "-m", "kg", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    children = Path(f"/proc/{command.pid}/task/{command.pid}/children")
    for _ in range(200):
        if found := children.read_text().split():
            return command, int(found[0])
        time.sleep(0.05)
    command.kill()
    pytest.fail("the command has no child")


def test_a_query_that_brings_the_engine_down_ends_with_a_message(store: Path):
    command, child = at_work("query", ENDLESS, "--store", store)
    os.kill(child, signal.SIGSEGV)
    _, said = command.communicate(timeout=60)
    assert command.returncode == 3
    assert "signal 11" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_query_ends_with_its_command(store: Path, number: signal.Signals):
    command, child = at_work("query", ENDLESS, "--store", store)
    command.send_signal(number)
    command.communicate(timeout=60)
    assert command.returncode == -number
    for _ in range(200):
        if not Path(f"/proc/{child}").exists():
            return
        time.sleep(0.05)
    pytest.fail("the query runs on")


@pytest.mark.parametrize("chain", ["1+", "("], ids=["chain", "brackets"])
def test_a_query_that_would_overflow_the_stack_is_refused_with_its_place(
    store: Path, tmp_path: Path, chain: str
):
    file = tmp_path / "long.rq"
    file.write_text("ASK { FILTER(1<'>' && " + chain * 100_000 + "1) }", encoding="utf-8")
    done = kg("query", file, "--store", store)
    assert done.returncode == 2
    assert "line 1, column" in done.stderr


@pytest.mark.parametrize("words", [["build", ""], ["tell", ""]])
def test_an_empty_argument_is_wrong_usage(words: list[str], store: Path):
    assert kg(*words, "--store", store).returncode == 2


def test_a_query_that_is_not_utf8_is_wrong_usage_and_told_with_its_line(tmp_path: Path, store: Path):
    (tmp_path / "latin.rq").write_bytes(b"ASK {}\n# caf\xe9\n")
    done = kg("query", tmp_path / "latin.rq", "--store", store)
    assert (done.returncode, "line 2" in done.stderr, "UTF-8" in done.stderr) == (2, True, True)


def test_a_closed_standard_output_is_told_in_a_line(store: Path):
    command = f"{sys.executable} -m kg query 'ASK {{}}' --store {store} >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (3, "kg: standard output is closed\n")
