"""Executors under a deadline and a memory limit, replaced when they fail."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.errors import (
    ClientLeft,
    DeadlinePassed,
    ExecutorFailed,
    KgError,
    MemoryExceeded,
    NotAcceptable,
    QuerySyntaxError,
    ResultTooLong,
    StoreDamaged,
    TooManyQueries,
)
from kg.formats import CSV, JSON, NTRIPLES, RDF_FORMATS, RESULT_FORMATS, TSV, TURTLE, XML, Format
from kg.query import process as process_module
from kg.query import slots as slots_module
from kg.query.canonical import canonical
from kg.query.pool import Pool
from kg.query.request import parse
from kg.web.reader import Reader

pytestmark = pytest.mark.alone

MakePool = Callable[..., Pool]
NAMES = "PREFIX : <https://example.org/> SELECT ?name { ?x :name ?name } ORDER BY ?name"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
STREAM = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
GREEDY = "SELECT ?a ?d (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f } GROUP BY ?a ?d"


def ask(pool: Pool, text: str, fmt: Format = JSON, **options: float) -> bytes:
    return b"".join(pool.run(parse(text), fmt, **options))  # type: ignore[arg-type]


def names(pool: Pool) -> list[str]:
    return ask(pool, NAMES, CSV).decode().split()[1:]


def gone(pid: int) -> bool:
    """True once a process has ended, all its threads included; waits for it."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z" and threads <= 1:
            return True
        time.sleep(0.05)
    return False


def test_a_query_is_answered(make_pool: MakePool) -> None:
    assert names(make_pool()) == ["Ann", "Anne", "Bob"]


@pytest.mark.parametrize(
    ("fmt", "expected"),
    [(JSON, b'"boolean":true'), (XML, b"<boolean>true</boolean>"), (CSV, b"true"), (TSV, b"true")],
)
def test_ask_is_answered_in_every_result_format(make_pool: MakePool, fmt: Format, expected: bytes) -> None:
    assert expected in ask(make_pool(), "ASK {}", fmt)


@pytest.mark.parametrize("fmt", [*RESULT_FORMATS, *RDF_FORMATS], ids=lambda fmt: fmt.name)
def test_every_format_can_be_had(make_pool: MakePool, fmt: Format) -> None:
    select = fmt in RESULT_FORMATS
    assert b"Cleo" in ask(
        make_pool(),
        "SELECT * { GRAPH ?g { ?s ?p ?o } }"
        if select
        else "CONSTRUCT { ?s ?p ?o } { GRAPH ?g { ?s ?p ?o } }",
        fmt,
    )


def test_an_empty_answer_is_an_answer(make_pool: MakePool) -> None:
    assert ask(make_pool(), "CONSTRUCT WHERE { <a:a> ?p ?o }", NTRIPLES) == b""


def test_documents_have_the_prefixes_they_are_given(make_pool: MakePool) -> None:
    query = parse("CONSTRUCT WHERE { ?s <https://example.org/height> ?o }")
    answer = make_pool().run(query, TURTLE, prefixes={"ex": "https://example.org/"})
    assert b"ex:bob ex:height 1.85" in b"".join(answer)


def test_the_dataset_of_the_protocol_replaces_that_of_the_query(make_pool: MakePool) -> None:
    pool = make_pool()
    graph = ["https://example.org/graph"]
    text = "SELECT ?o FROM <a:none> { ?s <https://example.org/name> ?o }"
    in_default = b"".join(pool.run(parse(text, default_graphs=graph), CSV))
    assert b"Cleo" in in_default
    assert b"Bob" not in in_default
    assert b"Cleo" not in b"".join(pool.run(parse(text, named_graphs=graph), CSV))
    inside = "SELECT ?o { GRAPH ?g { ?s <https://example.org/name> ?o } }"
    assert b"Cleo" in b"".join(pool.run(parse(inside, named_graphs=graph), CSV))
    assert b"Cleo" not in b"".join(pool.run(parse(inside, default_graphs=graph), CSV))


def test_a_long_answer_comes_in_pieces_and_whole(make_pool: MakePool) -> None:
    chunks = list(make_pool().run(parse("SELECT * { ?s ?p ?o . ?s ?q ?r }"), JSON))
    assert len(chunks) > 1
    assert len(json.loads(b"".join(chunks))["results"]["bindings"]) > 2000


def test_a_malformed_query_names_its_place_and_costs_no_executor(make_pool: MakePool) -> None:
    pool = make_pool()
    before = pool.pids()
    with pytest.raises(QuerySyntaxError) as caught:
        ask(pool, "SELECT *\n { ?s ?p }")
    assert (caught.value.line, caught.value.column) == (2, 10)
    assert set(pool.pids()) == set(before)


def test_an_undeclared_prefix_is_named_with_its_remedy(make_pool: MakePool) -> None:
    with pytest.raises(QuerySyntaxError, match="prefix pac: is not declared") as caught:
        ask(make_pool(), "ASK { ?x a pac:Event }")
    assert caught.value.hint
    assert "https://w3id.org/pac/ns#" in caught.value.hint


def test_an_unknown_function_is_the_fault_of_the_query(make_pool: MakePool) -> None:
    with pytest.raises(QuerySyntaxError, match="no function <a:f>"):
        ask(make_pool(), "SELECT (<a:f>(1) AS ?x) {}")


def test_a_format_of_the_other_family_is_refused_before_anything_runs(make_pool: MakePool) -> None:
    with pytest.raises(NotAcceptable):
        ask(make_pool(), "ASK {}", TURTLE)


def test_at_the_deadline_a_query_ends_and_the_next_one_is_answered(make_pool: MakePool) -> None:
    pool = make_pool(executors=1, timeout=1.0)
    doomed = pool.pids()[0]
    with pytest.raises(DeadlinePassed):
        ask(pool, ENDLESS)
    assert names(pool)
    assert gone(doomed)


def test_a_timeout_may_lower_the_deadline_and_not_raise_it(make_pool: MakePool) -> None:
    with pytest.raises(DeadlinePassed):
        ask(make_pool(timeout=600.0), ENDLESS, timeout=0.2)
    with pytest.raises(DeadlinePassed):
        ask(make_pool(timeout=0.2), ENDLESS, timeout=600.0)


def test_the_deadline_counts_the_wait_for_an_executor(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots_module, "SMALL", 600.0)
    pool = make_pool(executors=1, timeout=600.0)
    with pool.run(parse(STREAM), CSV), pytest.raises(TooManyQueries, match="while others ran"):
        ask(pool, "ASK {}", timeout=0.2)
    assert names(pool)


def test_the_deadline_cuts_an_answer_that_is_still_coming(make_pool: MakePool) -> None:
    pool = make_pool(executors=1)
    with pytest.raises(DeadlinePassed):
        ask(pool, STREAM, CSV, timeout=1.0)
    assert names(pool)


def test_the_time_for_which_its_reader_keeps_an_answer_waiting_is_not_that_of_the_query(
    make_pool: MakePool,
) -> None:
    pool, query = make_pool(), parse(STREAM + " LIMIT 20000")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = Reader(ours, stall=60.0)
        with pytest.raises((DeadlinePassed, TooManyQueries)):
            pool.run(query, CSV, timeout=0.001, client=reader)
        reader.waited = 120.0
        assert sum(map(len, pool.run(query, CSV, timeout=0.001, client=reader))) > 1 << 20


def test_a_query_that_eats_the_memory_is_told_from_other_failures(make_pool: MakePool) -> None:
    pool = make_pool(executors=1, memory=192)
    with pytest.raises(MemoryExceeded, match="192 MiB"):
        ask(pool, GREEDY)
    assert names(pool)


def test_an_executor_that_is_killed_fails_one_query_and_is_replaced(make_pool: MakePool) -> None:
    pool = make_pool(executors=1)
    assert names(pool)  # it is up: one that is killed before it takes the query costs nothing
    victim = pool.pids()[0]
    killer = threading.Timer(0.3, os.kill, (victim, signal.SIGKILL))
    killer.start()
    with pytest.raises(ExecutorFailed, match="signal 9"):
        ask(pool, ENDLESS)
    killer.join()
    assert names(pool)


def test_an_executor_that_dies_in_the_middle_of_an_answer_leaves_no_whole_looking_stump(
    make_pool: MakePool,
) -> None:
    pool = make_pool(executors=1)
    victim = pool.pids()[0]
    answer = iter(pool.run(parse(STREAM), CSV))
    next(answer)
    os.kill(victim, signal.SIGKILL)
    with pytest.raises(ExecutorFailed):
        list(answer)
    assert names(pool)


def test_an_idle_executor_that_died_is_passed_over(make_pool: MakePool) -> None:
    pool = make_pool(executors=1)
    assert names(pool)
    for pid in pool.pids():
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
    assert names(pool)


def test_closing_an_answer_ends_its_query(make_pool: MakePool) -> None:
    pool = make_pool(executors=1)
    victim = pool.pids()[0]
    answer = pool.run(parse(STREAM), CSV)
    next(iter(answer))
    answer.close()
    answer.close()
    assert gone(victim)
    assert names(pool)


def test_a_closed_answer_does_not_pass_for_a_whole_one(make_pool: MakePool) -> None:
    answer = make_pool().run(parse(STREAM), CSV)
    answer.close()
    with pytest.raises(ExecutorFailed, match="closed"):
        list(answer)


def test_one_slow_query_does_not_hold_up_the_others(make_pool: MakePool) -> None:
    pool = make_pool(executors=2)

    def ask_in_vain() -> None:
        with pytest.raises(KgError):
            ask(pool, ENDLESS)

    slow = threading.Thread(target=ask_in_vain)
    slow.start()
    for _ in range(20):
        assert names(pool)
    assert slow.is_alive()
    pool.close()
    slow.join()


def test_many_at_once_are_all_answered(make_pool: MakePool) -> None:
    pool, found = make_pool(executors=2), []
    threads = [threading.Thread(target=lambda: found.append(names(pool))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert all(row == ["Ann", "Anne", "Bob"] for row in found)


def test_one_too_many_is_turned_away_at_once(make_pool: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "WAITING", 0)
    pool = make_pool(executors=1)
    with pool.run(parse(STREAM), CSV), pytest.raises(TooManyQueries) as caught:
        ask(pool, "ASK {}")
    assert caught.value.retry_after >= 1


def test_a_closed_pool_leaves_no_process_and_answers_nothing(make_pool: MakePool) -> None:
    pool = make_pool()
    answer = pool.run(parse(STREAM), CSV)
    pids = pool.pids()
    pool.close()
    pool.close()
    assert all(gone(pid) for pid in pids)
    with pytest.raises(KgError):
        list(answer)
    with pytest.raises(ExecutorFailed, match="closed"):
        ask(pool, "ASK {}")


def test_a_store_that_cannot_be_opened_is_reported(make_pool: MakePool, tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged, match="removed"):
        ask(make_pool(tmp_path / "nowhere"), "ASK {}")
    with pytest.raises(ExecutorFailed, match="ended with"):
        ask(make_pool(tmp_path), "ASK {}")


PARENT = """
import sys, time
from pathlib import Path
from kg.formats import CSV
from kg.query.pool import Pool
from kg.query.request import parse
from kg.settings import Settings
import threading
pool = Pool(Path(sys.argv[1]), Settings())
query = parse({text!r})
threading.Thread(target=lambda: pool.run(query, CSV), daemon=True).start()
time.sleep(0.3)
print(*pool.pids(), flush=True)
{end}
"""


@pytest.mark.parametrize(
    "end", ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "sys.exit()"], ids=["killed", "exits"]
)
def test_when_the_parent_ends_its_executors_end_even_those_at_work(store_path: Path, end: str) -> None:
    script = PARENT.format(text=ENDLESS, end=end)
    parent = subprocess.run(
        [sys.executable, "-c", script, str(store_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    pids = [int(word) for word in parent.stdout.split()]
    assert len(pids) == 3, parent.stderr
    assert all(gone(pid) for pid in pids)


GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent, sys
from pathlib import Path
from kg.errors import DeadlinePassed
from kg.formats import CSV
from kg.query.pool import Pool
from kg.query.request import parse
from kg.settings import Settings
pool = Pool(Path(sys.argv[1]), Settings(executors=2))
def slow():
    try:
        pool.run(parse({endless!r}), CSV, timeout=1)
    except DeadlinePassed:
        return "late"
def quick():
    return len(b"".join(pool.run(parse({names!r}), CSV)))
first = gevent.spawn(slow)
others = [gevent.spawn(quick) for _ in range(10)]
gevent.joinall(others)
print(first.ready(), [job.value for job in others])
print(first.get())
pool.close()
"""


def test_under_gevent_one_slow_query_does_not_hold_up_the_others(store_path: Path) -> None:
    script = GEVENT.format(endless=ENDLESS, names=NAMES)
    done = subprocess.run(
        [sys.executable, "-c", script, str(store_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split("\n")[:2] == [f"False {[22] * 10}", "late"], done.stderr


def test_a_client_that_leaves_ends_its_query(make_pool: MakePool) -> None:
    pool = make_pool(executors=1, timeout=600.0)
    ours, theirs = socket.socketpair()
    threading.Timer(0.3, theirs.close).start()
    with ours, pytest.raises(ClientLeft):
        pool.run(parse(ENDLESS), CSV, client=Reader(ours, 10.0))
    assert names(pool)


def test_a_client_that_leaves_gives_up_its_place_in_the_queue(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots_module, "SMALL", 600.0)
    pool = make_pool(executors=1, timeout=600.0)
    ours, theirs = socket.socketpair()
    with ours, pool.run(parse(STREAM), CSV):
        theirs.close()
        with pytest.raises(ClientLeft, match="others"):
            pool.run(parse("ASK {}"), CSV, client=Reader(ours, 10.0))
    assert names(pool)


def test_a_client_that_says_more_is_still_there(make_pool: MakePool) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"GET /")
        assert b"".join(make_pool().run(parse("ASK {}"), CSV, client=Reader(ours, 10.0))) == b"true"


def test_a_query_that_was_not_taken_is_asked_once_more(make_pool: MakePool) -> None:
    pool = make_pool(executors=1)
    for _ in range(10):
        for pid in pool.pids():
            os.kill(pid, signal.SIGKILL)
        assert names(pool)


def test_a_stopped_executor_ends_with_its_pool(make_pool: MakePool) -> None:
    pool = make_pool()
    pids = pool.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    pool.close()
    assert all(gone(pid) for pid in pids)


def stopped(pool: Pool) -> None:
    for pid in pool.pids():
        os.kill(pid, signal.SIGSTOP)


def test_idle_executors_that_are_stopped_do_not_cost_a_deadline(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "STARTING", 0.0)
    pool = make_pool(executors=1, timeout=20.0)
    assert names(pool)
    for _ in range(2):
        stopped(pool)
        assert names(pool)
    assert pool.ended["outside"] == 2


def test_an_executor_that_is_stopped_at_work_costs_its_own_query_only(make_pool: MakePool) -> None:
    pool = make_pool(executors=1, timeout=3.0)
    assert names(pool)
    stop = threading.Timer(0.5, stopped, [pool])
    stop.start()
    with pytest.raises(DeadlinePassed):
        ask(pool, ENDLESS)
    stop.join()


def hold(pool: Pool, stack: contextlib.ExitStack, count: int) -> None:
    """Occupy this many ordinary slots, and for long."""
    for _ in range(count):
        stack.enter_context(pool.run(parse(STREAM), CSV))
    time.sleep(slots_module.SMALL)


def test_while_all_are_long_at_work_a_small_question_has_a_slot_of_its_own(make_pool: MakePool) -> None:
    pool = make_pool(executors=2, timeout=600.0)
    with contextlib.ExitStack() as stack:
        hold(pool, stack, 2)
        for _ in range(5):
            assert names(pool)


@pytest.mark.parametrize("text", [ENDLESS, STREAM])
def test_what_is_no_small_question_is_turned_away_from_the_reserved_slot(
    make_pool: MakePool, text: str
) -> None:
    pool = make_pool(executors=1, timeout=600.0)
    with contextlib.ExitStack() as stack:
        hold(pool, stack, 1)
        with pytest.raises(TooManyQueries, match="all executors are busy") as caught:
            ask(pool, text)
        assert caught.value.retry_after >= 1
        assert names(pool)
    assert pool.ended["not-small"] == 1


def test_what_the_start_of_an_executor_takes_is_not_held_against_a_small_question(
    make_pool: MakePool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make_pool(executors=1, timeout=600.0)
    with contextlib.ExitStack() as stack:
        hold(pool, stack, 1)
        # Python runs this first in the executors that start from now on: as if the machine were slow.
        slow = f"import time\nwhile time.process_time() < {2 * slots_module.SMALL}: pass\n"
        (tmp_path / "sitecustomize.py").write_text(slow)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        for idle in pool._idle:
            os.kill(idle.pid, signal.SIGKILL)
            assert gone(idle.pid)
        assert names(pool)


def test_a_long_answer_that_begins_at_once_is_known_to_be_long(make_pool: MakePool) -> None:
    pool = make_pool(executors=1, timeout=600.0)
    long = STREAM + " LIMIT 1500000"
    with pool.run(parse(long), CSV) as answer:
        assert sum(map(len, answer)) > 1 << 20
    assert hash(canonical(parse(long))) in pool._long


def test_a_query_in_the_reserved_slot_goes_on_when_an_ordinary_one_is_free(make_pool: MakePool) -> None:
    pool = make_pool(executors=1, timeout=600.0)
    with contextlib.ExitStack() as stack:
        hold(pool, stack, 1)
        release = threading.Timer(0.1, stack.close)
        release.start()
        assert ask(pool, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }")
        release.join()
    assert pool.ended["not-small"] == 0


def test_small_questions_are_answered_beside_many_who_ask_long_ones_again_and_again(
    make_pool: MakePool,
) -> None:
    pool, stopping = make_pool(executors=2, timeout=2.0), threading.Event()

    def bad(number: int) -> None:
        while not stopping.is_set():
            with pytest.raises((DeadlinePassed, TooManyQueries)):
                ask(pool, ENDLESS.replace("?n", f"?n{number}"))

    threads = [threading.Thread(target=bad, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1.0)
        for _ in range(50):
            assert names(pool)
            assert len(pool.pids()) <= 4
            time.sleep(0.1)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("fmt", RESULT_FORMATS, ids=lambda fmt: fmt.name)
def test_an_answer_of_as_many_rows_as_are_allowed_is_whole_and_one_more_is_refused(
    make_pool: MakePool, fmt: Format
) -> None:
    pool = make_pool(executors=1, max_rows=3)
    rows = "SELECT ?s ?o ({more} AS ?m) {{ ?s <https://example.org/number> ?o }} LIMIT {limit}"
    for more in ('"}},{\\""', "?none"):
        whole = ask(pool, rows.format(more=more, limit=3), fmt)
        assert whole.count(b"https://example.org/n/") == 3
        with pytest.raises(ResultTooLong, match="more than 3 rows"):
            ask(pool, rows.format(more=more, limit=4), fmt)


@pytest.mark.parametrize("fmt", RDF_FORMATS, ids=lambda fmt: fmt.name)
def test_a_graph_of_as_many_triples_as_are_allowed_is_whole_and_one_more_is_refused(
    make_pool: MakePool, fmt: Format
) -> None:
    pool = make_pool(executors=1, max_rows=3)
    graph = "CONSTRUCT WHERE {{ ?s <https://example.org/number> ?o }} LIMIT {limit}"
    assert ask(pool, graph.format(limit=3), fmt)
    with pytest.raises(ResultTooLong, match="more than 3 rows"):
        ask(pool, graph.format(limit=4), fmt)


def test_queries_that_differ_in_names_and_numbers_from_a_long_one_do_not_have_the_slot_for_small_ones(
    make_pool: MakePool,
) -> None:
    pool = make_pool(executors=1, timeout=600.0)
    with contextlib.ExitStack() as stack:
        hold(pool, stack, 1)
        with pytest.raises(TooManyQueries, match="no small question"):
            ask(pool, ENDLESS)
        with pytest.raises(TooManyQueries, match="while others ran"):
            ask(pool, ENDLESS.replace("?a", "?z").replace("?n", "?m"), timeout=1.0)
        assert names(pool)
    assert pool.ended["not-small"] == 1


def test_an_answer_of_some_hundred_kilobytes_may_be_one_to_a_small_question(make_pool: MakePool) -> None:
    pool = make_pool(executors=1, timeout=600.0)
    with contextlib.ExitStack() as stack:
        hold(pool, stack, 1)
        assert len(ask(pool, "SELECT * { ?s ?p ?o , ?q }", CSV)) > 100_000


def test_past_the_most_rows_an_answer_that_has_begun_is_cut(make_pool: MakePool) -> None:
    pool = make_pool(executors=1, max_rows=100_000)
    answer = pool.run(parse(STREAM), CSV)
    with pytest.raises(ResultTooLong):
        list(answer)
    assert names(pool)
