"""docs/tutorial.md is true: each command is run, each edit made, each output compared, in one shell.

In a ``console`` block, a line after ``$`` is a command (a here-document goes on to its END, a line that ends
in a backslash to the next), the lines after it are what it prints; ``…`` alone on a line stands for lines,
and inside a line for any text. In a ``diff`` block, the first line names a file in which the lines with ``-``
are replaced by those with ``+``.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
PORT = "8765"
_BLOCK = re.compile(r"^```(console|diff)\n(.*?)^```$", re.M | re.S)


def steps(text: str) -> Iterator[tuple[str, str, str]]:
    """("run", command, output) and ("edit", file, diff), in the order of the page."""
    for kind, body in _BLOCK.findall(text):
        if kind == "diff":
            yield "edit", *body.split("\n", 1)
            continue
        for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
            found = re.match(r"(?:.*\\\n)*.*<<'END'\n.*?^END\n|(?:.*\\\n)*.*\n", part, re.M | re.S)
            ends = re.match(r"(?:[^\n]*\\\n)*[^\n]*\n", part)
            assert found
            assert ends
            command = found[0] if "<<'END'" in ends[0] else ends[0]
            yield "run", command, part[len(command) :]


class Shell:
    """One bash for the whole page, so that a server started in one block can be asked in the next."""

    def __init__(self, folder: Path) -> None:
        (folder / "bin").mkdir()
        kg = folder / "bin" / "kg"
        kg.write_text(f'#!/bin/sh\nexec {sys.executable} -m kg "$@"\n', encoding="utf-8")
        kg.chmod(0o755)
        self.folder = folder
        self.process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env={
                **os.environ,
                "PATH": f"{kg.parent}:{os.environ['PATH']}",
                "KG_STORE": str(folder / "store"),
                "COLUMNS": "80",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> str:
        """What the command prints, to both streams."""
        pipe: IO[str] | None = self.process.stdin
        assert pipe
        assert self.process.stdout
        pipe.write(f"{command}\necho '=='\n")
        pipe.flush()
        return "".join(iter(self.process.stdout.readline, "==\n"))

    def edit(self, name: str, diff: str) -> None:
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        lines = diff.splitlines(True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(old) == 1, f"{name} does not have once:\n{old}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def close(self) -> None:
        """End the shell and whatever it started that is still there."""
        assert self.process.stdin
        self.process.stdin.write("kill $(jobs -p) 2>/dev/null; wait\n")
        self.process.communicate(timeout=60)


def agrees(shown: str, printed: str) -> bool:
    """Whether an output is as the page shows it."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…\n" else re.escape(line.removesuffix("\n")).replace("…", ".*") + r"\n"
        for line in shown.splitlines(True)
    )
    return re.fullmatch(pattern, printed) is not None


def test_an_output_that_differs_is_noticed():
    assert agrees("a\n…\nd e…\n", "a\nb\nc\nd e f\n")
    assert not agrees("a\nb\n", "a\nc\n")
    assert not agrees("a\n", "a\nb\n")


def test_the_tutorial_is_true_from_its_first_command_to_its_last(tmp_path: Path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    shell = Shell(tmp_path)
    try:
        played = list(steps(TUTORIAL.replace(PORT, port)))
        assert len(played) > 20
        for kind, what, text in played:
            if kind == "edit":
                shell.edit(what, text)
            else:
                printed = shell.run(what)
                assert agrees(text, printed), f"$ {what}\nprinted:\n{printed}\nnot:\n{text}"
    finally:
        shell.close()
