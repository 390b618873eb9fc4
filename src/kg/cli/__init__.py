"""The ``kg`` command: one thin function for each sub-command.

    build, validate, digest    kg.cli.data      records to a release
    fmt, schema                kg.cli.curate    beside an editor
    new                        kg.cli.new       a record to fill in
    passage                    kg.cli.passage   words to evidence, and back
    query, export, tell        kg.cli.ask       a release to answers, files and sentences
    serve                      kg.cli.serving   a release to the web
    releases                   kg.cli.releases  what is in the store
    diff                       kg.cli.diffs     what changed from release to release

Exit codes: 0 done; 1 the data are at fault; 2 wrong usage; 3 the environment. A sub-command
imports what it needs when it runs, so that ``kg query`` does not pay for Flask or pySHACL.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from kg import __version__
from kg.cli.apart import apart
from kg.errors import DataError, EnvironmentFault, KgError

INTERRUPTED = 130
"""What a shell reports for a command ended by Ctrl-C (128 + SIGINT)."""


class _Parser(argparse.ArgumentParser):
    """argparse, with the usage on one line and a pointer to --help."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n    {self.prog} --help says what there is\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    from kg.cli import ask, curate, data, diffs, new, passage, releases, serving

    top = _Parser(prog="kg", description="A knowledge graph of institutional diplomacy.")
    top.add_argument("--version", action="version", version=f"kg {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="command")
    for module in (data, new, passage, curate, ask, serving, releases, diffs):
        module.add_to(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Errors go to standard error, with their remedy."""
    if sys.stdout is None:  # closed by whoever called: what is said would be lost
        sys.stderr.write("kg: standard output is closed\n")
        return EnvironmentFault.exit_code
    options = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a letter gets its escape
            stream.reconfigure(errors="backslashreplace")
    if getattr(options, "apart", False):
        return guarded(lambda: apart(lambda: guarded(lambda: _run(options))))
    return guarded(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    code = int(options.run(options) or 0)
    sys.stdout.flush()  # here, where a full disk can still be told
    return code


def guarded(work: Callable[[], int]) -> int:
    """The command's edge: what goes wrong is told, and becomes an exit code."""
    try:
        return work()
    except KgError as error:
        return _report(error)
    except BrokenPipeError:  # the reader has gone (kg query … | head): not a fault
        _drop_output()
        return 0
    except OSError as error:  # standard output on a full disk, for one
        _drop_output()
        return _report(EnvironmentFault(str(error), hint="check the disk, the folder and the permissions"))
    except KeyboardInterrupt:
        return INTERRUPTED


def _drop_output() -> None:
    """Spare Python's own flush at exit, which would fail once more and change the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: KgError) -> int:
    from kg.findings import as_text

    if isinstance(error, DataError) and error.findings:
        sys.stderr.write(as_text(error.findings, error.root))
    line, column = getattr(error, "line", None), getattr(error, "column", None)
    told = error.message.startswith("line ")
    place = f"line {line}, column {column}: " if line and column and not told else ""
    sys.stderr.write(f"kg: {place}{error.message}\n")
    if excerpt := getattr(error, "excerpt", None):
        sys.stderr.write("".join(f"    {row}\n" for row in excerpt.split("\n")))
    if error.hint:
        sys.stderr.write(f"    {error.hint}\n")
    return error.exit_code
