"""What is told of a build while it goes on."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.build.progress import Meter
from kg.cli import common

DATA = Path(__file__).parents[3] / "data" / "fixture-harbour-accord"


def told(*times: float, total: int = 100) -> list[str]:
    """The details of a stage that does 25 at each of the times; the first is its beginning."""
    said: list[str] = []
    clock: Iterator[float] = iter(times)
    done = Meter(lambda _, detail: said.append(detail), lambda: next(clock)).counted("read", total, "bytes")
    for _ in times[1:]:
        done(25)
    return said


def test_rate_and_remaining_time_are_told_every_half_second() -> None:
    assert told(0, 0.1, 1, 1.2) == ["50 of 100 bytes, 50 bytes/s, 1 s left"]


def test_at_its_end_a_stage_tells_how_long_it_took() -> None:
    assert told(0, 1, 1.1, 1.2, 3)[-1] == "100 bytes, 3 s"


def test_a_short_stage_tells_nothing() -> None:
    assert told(0, 0.1, 0.2, 0.3, 0.4) == []


def test_nothing_is_told_to_nobody() -> None:
    Meter(None).stage("read", "")
    Meter(None).counted("read", 1, "bytes")(1)


def on_terminal(*arguments: str | Path) -> tuple[int, str]:
    """Exit code of ``kg``, and what it writes to a terminal of 80 columns."""
    master, terminal = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "kg", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        env={**os.environ, "COLUMNS": "80"},
    )
    os.close(terminal)
    text = b""
    try:
        while piece := os.read(master, 4096):
            text += piece
    except OSError:  # Linux tells the end so
        pass
    os.close(master)
    return running.wait(timeout=60), text.decode()


def test_on_a_terminal_each_stage_has_one_line(tmp_path: Path) -> None:
    code, text = on_terminal("build", DATA, "--store", tmp_path, "--jobs", "1")
    assert code == 0
    lines = [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n")[:-1]]
    assert [line.split()[0] for line in lines] == ["read", "validate", "infer", "store", "publish"]
    assert text.endswith("\n")
    assert "\x1b" not in text


def test_a_fault_begins_on_a_new_line(tmp_path: Path) -> None:
    code, text = on_terminal("build", DATA, "--store", tmp_path, "--sources", tmp_path)
    assert code != 0
    assert "\r\nkg: " in text or "\r\nerror" in text.lower()


def test_more_of_a_stage_is_written_over_it(capsys: pytest.CaptureFixture[str]) -> None:
    lines = common._Lines(sys.stderr)
    lines.say("read", "a long detail")
    lines.say("read", "short")
    lines.say("infer", "")
    lines.end()
    first, second = "  read       a long detail", "  read       short        "
    assert capsys.readouterr().err == f"\r{first}\r{second}\n\r  infer      \n"


def test_a_line_is_cut_where_the_terminal_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    common._Lines(sys.stderr).say("read", "/a/folder/with/a/long/name")
    assert len(capsys.readouterr().err) == 20  # with the carriage return


def test_in_a_pipe_there_is_no_progress() -> None:
    with common.progress() as say:
        assert say is None
