"""``kg fmt``, ``kg schema``: what a curator needs beside an editor."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from kg.cli import common
from kg.errors import DataError, UsageError

ENDINGS = (".yaml", ".yml")


def add_to(commands: common.Commands) -> None:
    """Declare the commands."""
    fmt = commands.add_parser(
        "fmt",
        help="lay record files out in one way",
        description="Lay YAML record files out in one way: the order of fields, quotes, lines, blank lines. "
        "Comments are kept, and a file is written only if it will be read exactly as before. "
        "Exit code 1 if a file cannot be read, or with --check if one is not laid out so.",
    )
    fmt.add_argument(
        "paths", nargs="*", metavar="DATASET|FILE", help="datasets and files (default: the bundled dataset)"
    )
    fmt.add_argument("--check", action="store_true", help="write nothing; name the files that would change")
    fmt.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    fmt.add_argument(
        "--drop-hints",
        action="store_true",
        help="leave out the comments by which kg new offers fields",
    )
    fmt.set_defaults(run=run_fmt)

    schema = commands.add_parser(
        "schema",
        help="the JSON Schema of record files, for editors",
        description="Print the JSON Schema by which editors complete, explain and check record files.",
    )
    schema.add_argument("--record", action="store_true", help="of one record by itself, as in JSON Lines")
    schema.add_argument("-o", dest="out", type=Path, metavar="FILE", help="write it to this file")
    schema.set_defaults(run=run_schema)


def run_fmt(options: argparse.Namespace) -> int:
    """Lay out every file; 1 with --check if one would change."""
    faults: list[DataError] = []
    changed = total = 0
    for path in _files(options.paths, options.check or options.diff):
        total += 1
        try:
            changed += _lay_out(path, options)
        except DataError as error:
            faults.append(error)
    done = "would be laid out anew" if options.check or options.diff else "laid out anew"
    sys.stdout.flush()  # so that the sum comes last where both go to one place
    print(f"{changed} of {total} files {done}", file=sys.stderr)
    if faults:
        findings = [finding for error in faults for finding in error.findings]
        raise DataError("; ".join(error.message for error in faults), findings)
    return int(bool(options.check and changed))


def _lay_out(path: Path, options: argparse.Namespace) -> bool:
    """Write one file, or show what would change in it; whether anything does. Raises DataError."""
    from kg import disk

    old, new = _tidied(path, options.drop_hints)
    if old == new.encode():
        return False
    if options.diff:
        sys.stdout.writelines(_diff(old.decode("utf-8-sig"), new, str(path)))
    else:
        print(path)
    if not (options.check or options.diff):
        with disk.faults("writing", path):
            disk.replace(path.resolve(), new)
    return True


def _files(paths: Sequence[str], dry: bool) -> Iterator[Path]:
    """The record files named, and those of the datasets named, each once. Raises NotFound, UsageError."""
    seen: set[Path] = set()
    for given in paths or (None,):
        for path in _named(given, dry):
            if path.resolve() not in seen:
                seen.add(path.resolve())
                yield path


def _named(given: str | None, dry: bool) -> list[Path]:
    """One file, or those of a dataset."""
    from kg.records import dataset
    from kg.records.files import record_files

    if given and Path(given).is_file():
        if not given.lower().endswith(ENDINGS):
            raise UsageError(f"{given} is not a YAML file", hint="kg fmt lays out .yaml and .yml files")
        return [Path(given)]
    found = dataset.find(given) if dry else common.own(dataset.find(given))
    folder = common.folder(found)
    files = (folder / path.relative_to(found.root) for path in record_files(found))
    return [path for path in files if path.suffix.lower() in ENDINGS]


def _tidied(path: Path, drop_hints: bool) -> tuple[bytes, str]:
    from kg import disk
    from kg.records import fmt, model

    with disk.faults("reading", path):
        content = path.read_bytes()
    return content, fmt.tidy(content, str(path), model.load(), drop_hints)


def _diff(old: str, new: str, name: str) -> Iterator[str]:
    return difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, f"{name} (laid out)")


def run_schema(options: argparse.Namespace) -> int:
    """The schema, to standard output or a file."""
    from kg import disk
    from kg.records import model, schema

    made = (schema.line if options.record else schema.schema)(model.load())
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if options.out is None:
        sys.stdout.write(text)
        return 0
    with disk.faults("writing", options.out):
        disk.replace(options.out, text)
    print(f"{options.out}: have it read by your editor (docs/records.md says how)")
    return 0
