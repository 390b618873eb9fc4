"""``kg fmt``, ``kg schema``: what a curator needs beside an editor."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from kg.cli import common
from kg.errors import DataError, NotFound
from kg.findings import Finding

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
    from kg import disk

    faults: list[DataError] = []
    changed = total = 0
    for path in _files(options.paths):
        total += 1
        try:
            old, new = _tidied(path, options.drop_hints)
        except DataError as error:
            faults.append(error)
            continue
        if old == new.encode():
            continue
        changed += 1
        if options.diff:
            sys.stdout.writelines(_diff(old.decode("utf-8-sig"), new, str(path)))
        else:
            print(path)
        if not (options.check or options.diff):
            with disk.faults("writing", path):
                disk.replace(path.resolve(), new)
    _summary(changed, total, options.check or options.diff)
    return _told(faults) or int(bool(options.check and changed))


def _files(paths: Sequence[str]) -> Iterator[Path]:
    """The record files named, and those of the datasets named, each once. Raises NotFound."""
    from kg.records import dataset
    from kg.records.files import record_files

    seen: set[Path] = set()
    for given in paths or (None,):
        path = Path(given) if given else None
        if path is not None and path.is_file():
            found = [path]
        else:
            place = dataset.find(given)
            folder = common.folder(place)
            found = [folder / each.relative_to(place.root) for each in record_files(place)]
        for each in found:
            if each.suffix.lower() in ENDINGS and each.resolve() not in seen:
                seen.add(each.resolve())
                yield each
            elif each is path:
                raise NotFound(f"{path} is not a YAML file", hint="kg fmt lays out .yaml and .yml files")


def _tidied(path: Path, drop_hints: bool) -> tuple[bytes, str]:
    from kg import disk
    from kg.records import fmt, model

    with disk.faults("reading", path):
        content = path.read_bytes()
    return content, fmt.tidy(content, str(path), model.load(), drop_hints)


def _diff(old: str, new: str, name: str) -> Iterator[str]:
    return difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, f"{name} (laid out)")


def _summary(changed: int, total: int, dry: bool) -> None:
    done = "would be laid out anew" if dry else "laid out anew"
    print(f"{changed} of {total} files {done}", file=sys.stderr)


def _told(faults: Sequence[DataError]) -> int:
    """Tell all faults; the exit code."""
    findings: list[Finding] = [finding for error in faults for finding in error.findings]
    if faults:
        raise DataError("; ".join(error.message for error in faults), findings)
    return 0


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
