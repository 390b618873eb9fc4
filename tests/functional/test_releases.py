"""``kg releases``, as people type it: what is there, going back, tidying up, and recognising damage."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.functional.conftest import History, environment, flip, largest

import kg
from kg.errors import NotFound
from kg.release import Keep, Releases

PRUNE = """
import os, signal, sys
from pathlib import Path
from kg.release import Keep, Releases

steps = 0
def count(event, arguments):
    global steps
    if event.partition(".")[0] in ("open", "os", "shutil") and sys.argv[1] in str(arguments):
        steps += 1
        if steps == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
Releases(Path(sys.argv[1]), "small").prune(Keep(1))
print(steps)
"""


def rows(history: History) -> dict[str, dict[str, Any]]:
    return {row["digest"]: row for row in json.loads(history.kg("releases", "list", "--json").stdout)}


@contextmanager
def serving(history: History) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """``kg serve`` at work: the process, its port, and what it said before."""
    command = [sys.executable, "-m", "kg", "serve", "--port", "0", "--workers", "1", *history.where]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=environment(),
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line)
            if " on http" in line:
                yield process, int(line.rpartition(":")[2]), said
                break
        else:
            pytest.fail(f"no server: {said}")
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def get(port: int, target: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", target, headers={"Accept": "application/json"})
        with connection.getresponse() as response:
            return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_the_list_tells_current_previous_version_and_what_each_release_brought(history: History) -> None:
    old, new = history.digests
    found = rows(history)
    assert list(found) == [new, old]
    assert (found[new]["current"], found[new]["previous"], found[new]["version"]) == (True, False, "0.2.0")
    assert (found[old]["current"], found[old]["previous"], found[old]["version"]) == (False, True, "0.1.0")
    assert found[new]["notes"] == ["Ada Stone left in June 2023."]
    assert found[old]["notes"] == ["The first records."]
    shown = history.kg("releases", "list").stdout
    assert f"* {new}" in shown
    assert f"- {old}" in shown
    assert "    Ada Stone left in June 2023.\n" in shown


def test_a_dataset_of_the_store_is_found_by_its_name_without_its_folder(history: History) -> None:
    shutil.rmtree(history.folder)
    for command in (["query", "ASK {}"], ["export"], ["releases", "list"], ["diff"]):
        done = _kg(*command, "--dataset", "small", "--store", history.store)
        assert done.returncode == 0, done.stderr
    assert kg.open(history.store, dataset="small").release.digest == history.digests[-1]
    for name in ("smal", "../store/small", ""):
        with pytest.raises(NotFound):
            kg.open(history.store, dataset=name)


def test_validating_tells_that_the_notes_cannot_be_read_as_building_does(history: History) -> None:
    (history.folder / "CHANGES.md").write_bytes(b"## 0.2.0\n- caf\xe9\n")
    for done in (_kg("validate", history.folder), _kg("build", history.folder, "--store", history.store)):
        assert done.returncode == 1
        assert (done.stdout + done.stderr).count("CHANGES.md cannot be read") == 1
    assert history.releases.current_digest() == history.digests[-1]


def test_pruning_can_name_the_releases_that_are_to_go(history: History) -> None:
    old, new = history.digests
    done = json.loads(history.kg("releases", "prune", old[:10], "--dry-run", "--json").stdout)
    assert (list(done["removed"]), done["kept"]) == ([old], {new: "current"})
    for wrong in ([new], ["current"], [old, "--keep", "1"], ["ffff"], [old, "--damaged"]):
        assert history.kg("releases", "prune", *wrong).returncode == 2
    assert history.releases.digests() == (new, old)
    assert history.kg("releases", "prune", "previous").returncode == 0
    assert history.releases.digests() == (new,)


def _kg(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kg", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_list_of_an_empty_store_says_so(history: History) -> None:
    shutil.rmtree(history.store)
    done = history.kg("releases", "list")
    assert (done.returncode, "kg build" in done.stdout) == (0, True)
    assert history.kg("releases", "list", "--json").stdout.strip() == "[]"


def test_the_list_names_what_is_damaged(history: History) -> None:
    (history.path(history.digests[0]) / "graphs.json").unlink()
    assert "graphs.json: the file is missing" in rows(history)[history.digests[0]]["fault"]
    assert "graphs.json" in history.kg("releases", "list").stdout


def test_the_notes_are_part_of_the_release(history: History) -> None:
    ask = "SELECT ?note { ?dataset <http://www.w3.org/ns/adms#versionNotes> ?note }"
    done = history.kg("query", ask, "--format", "csv")
    assert "left\n  in June 2023." in done.stdout
    history.change("CHANGES.md", "June", "May")
    assert history.build() not in history.digests


@pytest.mark.parametrize("how", [(), ("previous",), ("{old}",), ("{old:.8}",)], ids=str)
def test_going_back_makes_the_older_release_current(history: History, how: tuple[str, ...]) -> None:
    old, new = history.digests
    done = history.kg("releases", "rollback", *(word.format(old=old) for word in how))
    assert (done.returncode, done.stderr) == (0, "")
    assert old in done.stdout
    assert history.releases.current().digest == old
    assert [row["digest"] for row in rows(history).values() if row["current"]] == [old]
    assert history.kg("releases", "rollback", new).returncode == 0
    assert history.releases.current().digest == new


def test_going_back_is_told_to_programs(history: History) -> None:
    old, new = history.digests
    done = history.kg("releases", "rollback", "--json")
    assert json.loads(done.stdout) == {"before": new, "current": old}


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("0" * 64, 2, "no release starts with"),
        ("nonsense", 2, "'previous'"),
        ("", 2, "'current'"),
    ],
)
def test_going_back_to_what_is_not_there_changes_nothing(
    history: History, name: str, code: int, said: str
) -> None:
    done = history.kg("releases", "rollback", name)
    assert done.returncode == code
    assert said in done.stderr
    assert history.releases.current().digest == history.digests[1]


def test_there_is_nothing_before_the_first_release(history: History) -> None:
    assert history.kg("releases", "rollback").returncode == 0
    done = history.kg("releases", "rollback")
    assert done.returncode == 2
    assert "no release before" in done.stderr


def test_a_damaged_release_is_not_gone_back_to(history: History) -> None:
    table = largest(history.path(history.digests[0]))
    flip(table)
    done = history.kg("releases", "rollback")
    assert done.returncode == 3
    assert table.name in done.stderr
    assert history.releases.current().digest == history.digests[1]


def test_a_damaged_current_file_is_mended_by_going_back(history: History) -> None:
    (history.store / "small" / "current").write_text("?")
    assert history.kg("query", "ASK {}").returncode == 3
    assert history.kg("releases", "rollback", history.digests[0]).returncode == 0
    assert history.kg("query", "ASK {}").returncode == 0


def test_who_has_gone_back_is_served_that_release_until_the_records_change(history: History) -> None:
    assert history.kg("releases", "rollback").returncode == 0
    with serving(history) as (_, port, said):
        assert get(port, "/ready")[1]["release"] == history.digests[0]
    assert "gone back to" in "".join(said)
    history.change("records.yaml", "Harbour City", "Harbour Town")
    with serving(history) as (_, port, _):
        assert get(port, "/ready")[1]["release"] not in history.digests
    assert history.releases.lineage()[-2] == history.digests[0]


def test_pruning_removes_what_the_rule_does_not_keep(history: History) -> None:
    old, new = history.digests
    dry = json.loads(history.kg("releases", "prune", "--keep", "1", "--dry-run", "--json").stdout)
    assert (list(dry["removed"]), list(dry["kept"])) == ([old], [new])
    assert history.path(old).is_dir()
    assert json.loads(history.kg("releases", "prune", "--keep", "3", "--json").stdout)["removed"] == {}
    done = history.kg("releases", "prune", "--keep", "1")
    assert f"removed  {old}" in done.stdout
    assert history.releases.digests() == (new,)
    assert list((history.store / "small" / "staging").iterdir()) == []
    assert history.kg("releases", "rollback").returncode == 2


def test_pruning_keeps_the_current_release_even_if_it_is_old(history: History) -> None:
    history.releases.switch("previous")
    done = json.loads(history.kg("releases", "prune", "--keep", "0", "--json").stdout)
    assert done["kept"] == {history.digests[0]: "current"}
    assert list(done["removed"]) == [history.digests[1]]


def test_pruning_does_nothing_where_it_cannot_tell_what_is_current(history: History) -> None:
    (history.store / "small" / "current").write_text("?")
    done = history.kg("releases", "prune", "--keep", "0", "--damaged")
    assert done.returncode == 3
    assert len(history.releases.digests()) == 2


@pytest.mark.parametrize("number", ["-1", "many", "1.5", "²"])
def test_a_keep_rule_that_is_no_number_is_wrong_usage(history: History, number: str) -> None:
    done = history.kg("releases", "prune", f"--keep={number}")
    assert (done.returncode, "no whole number" in done.stderr) == (2, True)


def test_pruning_leaves_damaged_releases_unless_told(history: History) -> None:
    old, new = history.digests
    (history.path(old) / "manifest.json").write_text("{")
    assert history.releases.prune(Keep(1)).kept[old].startswith("damaged")
    assert list(history.releases.prune(Keep(1, damaged=False)).removed) == [old]
    assert history.releases.current().digest == new


def test_pruning_never_removes_the_release_of_a_later_kg(history: History) -> None:
    old, _ = history.digests
    manifest = json.loads((history.path(old) / "manifest.json").read_text())
    (history.path(old) / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))
    assert history.releases.prune(Keep(0, damaged=False)).kept[old] == "made by a later kg"


def test_pruning_spares_a_release_that_is_read(history: History) -> None:
    old, _ = history.digests
    with kg.open(history.store, dataset=history.folder, release=old):
        assert history.releases.prune(Keep(1)).kept[old] == "being read or served"
    assert list(history.releases.prune(Keep(1)).removed) == [old]


def test_pruning_spares_a_release_that_is_served(history: History) -> None:
    old, new = history.digests
    history.releases.switch(old)
    with serving(history) as (_, port, _):
        history.releases.switch(new)
        done = json.loads(history.kg("releases", "prune", "--keep", "1", "--json").stdout)
        assert done["kept"][old] == "being read or served"
        status, body = get(port, "/sparql?query=ASK%20%7B%3Fs%20%3Fp%20%3Fo%7D")
        assert (status, body["boolean"]) == (200, True)
    assert list(history.releases.prune(Keep(1)).removed) == [old]


@pytest.mark.parametrize("moment", [n / 8 for n in range(9)])
def test_pruning_that_is_killed_leaves_whole_releases_and_is_finished_by_the_next(
    history: History, tmp_path: Path, moment: float
) -> None:
    shutil.copytree(history.store, tmp_path / "measured")
    command = [sys.executable, "-c", PRUNE]
    whole = subprocess.run(
        [*command, str(tmp_path / "measured"), "0"], capture_output=True, text=True, check=True, timeout=60
    )
    deadly = 1 + int(moment * (int(whole.stdout) - 1))
    done = subprocess.run([*command, str(history.store), str(deadly)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    releases = Releases(history.store, "small")
    assert releases.current().digest == history.digests[1]
    for digest in releases.digests():
        releases.open(digest).verify(deep=True)
    releases.prune(Keep(1))
    assert releases.digests() == (history.digests[1],)
    assert list((history.store / "small" / "staging").iterdir()) == []


def test_verify_tells_of_one_release_or_of_all(history: History) -> None:
    old, new = history.digests
    assert new in history.kg("releases", "verify").stdout
    assert old in history.kg("releases", "verify", old[:9]).stdout
    table = largest(history.path(old))
    flip(table)
    assert history.kg("releases", "verify").returncode == 0
    done = history.kg("releases", "verify", "--all")
    assert done.returncode == 3
    assert (f"{old} is damaged" in done.stdout, f"{new} is whole" in done.stdout) == (True, True)
    assert table.name in done.stderr
    found = json.loads(history.kg("releases", "verify", "--all", "--json").stdout)
    assert {row["digest"]: row["whole"] for row in found} == {old: False, new: True}


def spoil_table(path: Path) -> str:
    flip(largest(path))
    return largest(path).name


def spoil_tables(path: Path) -> str:
    """A byte of a single table may lie where a query never looks; RocksDB checks each block it reads."""
    for table in path.glob("store/*.sst"):
        flip(table)
    return "sst"


def spoil_missing(path: Path) -> str:
    (path / "store" / "CURRENT").unlink()
    return "CURRENT"


def spoil_truncated(path: Path) -> str:
    manifest = path / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-100])
    return "manifest.json"


def spoil_manifest(path: Path) -> str:
    manifest = path / "manifest.json"
    manifest.write_text(manifest.read_text().replace("example.org", "exemple.org"))
    return "manifest.json"


SPOILS = [spoil_table, spoil_missing, spoil_truncated, spoil_manifest]


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_damaged_release_is_recognised_and_named(history: History, spoil: Any) -> None:
    name = spoil(history.path(history.digests[1]))
    done = history.kg("releases", "verify")
    assert done.returncode == 3
    assert name in done.stderr
    assert "kg build" in done.stderr


@pytest.mark.parametrize("spoil", [spoil_tables, *SPOILS[1:]])
@pytest.mark.parametrize("command", ["query", "export"])
def test_a_damaged_release_gives_no_answer(history: History, spoil: Any, command: str) -> None:
    spoil(history.path(history.digests[1]))
    arguments = {"query": ("query", "SELECT * { GRAPH ?g { ?s ?p ?o } }"), "export": ("export", "-o")}[
        command
    ]
    out = history.folder / "out.ttl"
    done = history.kg(*arguments, *([out] if command == "export" else []))
    assert done.returncode == 3, done.stdout
    assert "damaged" in done.stderr.lower() or "manifest.json" in done.stderr or "CURRENT" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not out.exists()


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_damaged_release_is_built_anew_before_it_is_served(history: History, spoil: Any) -> None:
    name = spoil(history.path(history.digests[1]))
    with serving(history) as (_, port, said):
        assert get(port, "/ready")[1]["release"] == history.digests[1]
    if spoil is spoil_table:
        assert name in "".join(said)
    assert "building small" in "".join(said)
    history.releases.current().verify(deep=True)


def test_a_server_under_which_the_store_breaks_answers_503_and_not_wrongly(history: History) -> None:
    with serving(history) as (process, port, _):
        for table in history.path(history.digests[1]).glob("store/*.sst"):
            content = bytearray(table.read_bytes())
            for place in range(0, len(content) - 100, 64):
                content[place] ^= 1
            table.write_bytes(content)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for worker in children:  # the executors are replaced, and meet the broken files
            for executor in Path(f"/proc/{worker}/task/{worker}/children").read_text().split():
                os.kill(int(executor), signal.SIGKILL)
        status, body = get(port, "/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D")
        assert (status, body["title"]) == (503, "Release damaged")
        assert str(history.store) not in json.dumps(body)
        for place in ("hill", "harbour"):  # read by the worker itself, which may have had the block before
            assert get(port, f"/doc/place/{place}.jsonld")[0] in (200, 503)


def test_an_older_release_stays_queryable(history: History) -> None:
    old, _ = history.digests
    ask = ("query", "SELECT ?end { ?tenure pac:endDate ?end }", "--format", "csv")
    assert history.kg(*ask).stdout.split() == ["end", "2023-06"]
    for name in (old, old[:8], "previous"):
        assert history.kg(*ask, "--release", name).stdout.split() == ["end"]
    assert "place/hill" in history.kg("export").stdout
    assert "place/hill" not in history.kg("export", "--release", "previous").stdout
    with kg.open(history.store, dataset=history.folder, release="previous") as graph:
        assert graph.release.digest == old
    done = history.kg("query", "ASK {}", "--release", "fff")
    assert (done.returncode, "no release starts with 'fff'" in done.stderr) == (2, True)
