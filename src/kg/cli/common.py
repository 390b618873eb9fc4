"""What several commands share: the options for dataset, store and sources, and progress."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from kg.errors import DataError, UsageError
from kg.settings import TABLE, Settings

if TYPE_CHECKING:
    from kg.build.pipeline import Built
    from kg.records.dataset import Dataset
    from kg.release import Release, Releases

RELEASE: Final = "a release: its digest or the first digits, 'current' or 'previous'"

Commands = Any  # argparse does not name the type that add_subparsers returns


def dataset_argument(parser: argparse.ArgumentParser) -> None:
    """``DATASET`` as a positional argument."""
    parser.add_argument(
        "dataset", nargs="?", metavar="DATASET", help="a name or a folder (default: the bundled one)"
    )


def dataset_option(parser: argparse.ArgumentParser) -> None:
    """``--dataset DATASET``."""
    parser.add_argument("--dataset", metavar="DATASET", help="a name or a folder (default: the bundled one)")


def sources_option(parser: argparse.ArgumentParser, default: str = "") -> None:
    """``--sources DIR``; ``default`` says what is taken where nothing is given."""
    parser.add_argument(
        "--sources",
        type=Path,
        metavar="DIR",
        help="folder of the source texts that are quoted" + (f" (default: {default})" if default else ""),
    )


def jobs_option(parser: argparse.ArgumentParser) -> None:
    """``--jobs N``."""
    parser.add_argument(
        "--jobs", type=_jobs, metavar="N", help="how many processes may work (default: one for each core)"
    )


def _jobs(text: str) -> int:
    """A number of processes. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1024")
    return int(text)


def setting_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """The flags of these settings, from the one table of settings."""
    for setting in TABLE:
        if setting.name in names:
            default = "" if setting.default in (None, (), "") else f" (default: {setting.default})"
            action = "append" if setting.repeatable else "store"
            parser.add_argument(setting.flag, action=action, dest=setting.name, help=setting.help + default)


def settings(options: argparse.Namespace) -> Settings:
    """Settings from the command's flags, the environment and kg.toml."""
    return Settings.load({s.name: getattr(options, s.name, None) for s in TABLE})


def release_option(parser: argparse.ArgumentParser) -> None:
    """``--release RELEASE``."""
    parser.add_argument(
        "--release", default="current", metavar="RELEASE", help=f"{RELEASE} (default: current)"
    )


def releases(options: argparse.Namespace) -> Releases:
    """The releases of the dataset named, in the store named."""
    from kg.release import Releases

    return Releases.of(settings(options).store, options.dataset)


@contextlib.contextmanager
def asked_release(options: argparse.Namespace) -> Iterator[Release]:
    """The release that a command asks: ``--release``, or the current one; held while it is read.

    Raises NoRelease, NotFound, StoreDamaged.
    """
    with releases(options).open(options.release).held() as release:
        yield release


def build(found: Dataset, options: argparse.Namespace) -> Built:
    """Build a dataset into the store, with progress on a terminal. Raises as ``pipeline.build`` does."""
    from kg.build import pipeline

    try:
        with progress() as say:
            return pipeline.build(
                found,
                sources=getattr(options, "sources", None),
                store=settings(options).store,
                progress=say,
                jobs=getattr(options, "jobs", None),
                fresh=getattr(options, "fresh", False),
            )
    except DataError as error:
        raise error.within(folder(found)) from error


def folder(found: Dataset) -> Path:
    """The dataset's folder as a person would write it here: relative where it lies below."""
    here = Path.cwd()
    return found.root.relative_to(here) if found.root.is_relative_to(here) else found.root


def own(found: Dataset) -> Dataset:
    """The dataset, if it is the user's to change. Raises UsageError for one inside an installed program."""
    from kg import resources

    if found.root.is_relative_to(resources.package()):
        raise UsageError(
            f"{found.name} is part of the installed program",
            hint=f"work on a copy: cp -r {found.root} my-dataset",
        )
    return found


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, str], None] | None]:
    """Shows each stage on a line of a terminal, which is written over as it goes on; None in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    lines = _Lines(sys.stderr)
    try:
        yield lines.say
    finally:
        lines.end()


class _Lines:
    """One line for each stage. Without control sequences but the carriage return: any terminal has it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._stage = ""
        self._length = 0

    def say(self, stage: str, detail: str = "") -> None:
        """Write over the line of this stage, or begin it. A line that is too long would be two: it is cut."""
        if stage != self._stage:
            self.end()
        text = f"  {stage:<10} {detail}"[: shutil.get_terminal_size().columns - 1]
        print("\r" + text.ljust(self._length), end="", file=self._out, flush=True)
        self._stage, self._length = stage, len(text)

    def end(self) -> None:
        """Go to a new line, if there is anything on this one."""
        if self._length:
            print(file=self._out, flush=True)
        self._length = 0
