"""Work on several cores."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.build.crew import Crew, crew
from kg.errors import EnvironmentFault

AT_WORK = """
import time
from kg.build.crew import crew

with crew(2) as hands:
    list(hands.map(abs, range(4)))
    print(*hands._pool._processes, flush=True)
    list(hands.map(time.sleep, [60, 60]))
"""


@pytest.fixture(scope="module")
def two() -> Iterator[Crew]:
    with crew(2) as hands:
        yield hands


def test_one_and_two_give_the_same(two: Crew) -> None:
    tasks = range(50)
    with crew(1) as alone:
        assert list(alone.map(operator.neg, tasks)) == [(n, -n) for n in tasks]
    assert sorted(two.map(operator.neg, tasks)) == [(n, -n) for n in tasks]


def test_no_tasks_give_nothing(two: Crew) -> None:
    assert list(two.map(abs, [])) == []


def test_tasks_are_taken_as_they_are_needed(two: Crew) -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    next(two.map(abs, tasks()))
    assert len(taken) < 20


def test_what_the_work_raises_is_raised_here(two: Crew) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        list(two.map(int, ["1", "x"]))


def test_a_process_that_was_killed_is_told_with_a_remedy() -> None:
    with pytest.raises(EnvironmentFault, match="killed") as caught, crew(2) as hands:
        list(hands.map(os._exit, [9]))
    assert "--jobs" in str(caught.value.hint)


def test_the_processes_end_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", AT_WORK], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    with parent.stdout:
        workers = list(map(int, parent.stdout.readline().split()))
    assert any(map(lives, workers))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    until = time.monotonic() + 20
    while any(map(lives, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(lives, workers))


def lives(process: int) -> bool:
    """Whether a process is at work; one that has ended and that nobody has asked for is not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
