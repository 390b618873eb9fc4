"""``kg build``, ``kg validate``, ``kg digest``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kg.cli import common
from kg.errors import DataError
from kg.findings import Finding, Severity, as_json, as_text, count, stops_release


def add_to(commands: common.Commands) -> None:
    """Declare the commands."""
    build = commands.add_parser("build", help="records to a validated release")
    common.dataset_argument(build)
    common.sources_option(build)
    common.setting_options(build, "store")
    common.jobs_option(build)
    build.add_argument(
        "--fresh", action="store_true", help="make every record anew; do not begin with the build before"
    )
    build.add_argument("--json", action="store_true", help="print the outcome as JSON")
    build.set_defaults(run=run_build)

    validate = commands.add_parser("validate", help="check the records and the graph; publish nothing")
    common.dataset_argument(validate)
    common.sources_option(validate)
    common.jobs_option(validate)
    validate.add_argument(
        "--format", choices=("human", "json", "turtle"), default="human", help="form of the report"
    )
    validate.add_argument(
        "--severity",
        choices=tuple(map(str, Severity)),
        default=str(Severity.INFO),
        help="for people: show what is of this severity or worse (default: info, which is all)",
    )
    validate.add_argument(
        "--article",
        metavar="SLUG",
        help="for people: show what concerns this article and the records that cite it",
    )
    validate.set_defaults(run=run_validate)

    digest = commands.add_parser("digest", help="write the digests of all quoted passages to passages.yaml")
    common.dataset_argument(digest)
    common.sources_option(digest, "the dataset's own folder sources/, if it has one")
    digest.set_defaults(run=run_digest)


def run_build(options: argparse.Namespace) -> int:
    """Build, list the findings, print counts and digest."""
    from kg.records import dataset

    found = dataset.find(options.dataset)
    try:
        built = common.build(found, options)
    except DataError as error:
        if not options.json:
            raise
        sys.stdout.write(as_json(error.findings))
        return error.exit_code
    if options.json:
        tally = {str(k): v for k, v in count(built.findings).items()}
        body = {
            "digest": built.release.digest,
            "rebuilt": built.rebuilt,
            "counts": built.counts,
            "findings": tally,
        }
        print(json.dumps(body, indent=2, ensure_ascii=False))
        return 0
    if built.findings:
        sys.stdout.write(as_text(built.findings, common.folder(found)))
    _print_counts(built.counts)
    print(f"release {built.release.digest}")
    return 0


def _print_counts(counts: Mapping[str, Mapping[str, Any]]) -> None:
    """Totals and classes, a line each; then each article with what was read in it."""
    for group, rows in counts.items():
        print(f"{group}:")
        for name, number in rows.items():
            if isinstance(number, Mapping):
                parts = ", ".join(f"{n} {cls.partition(':')[2]}" for cls, n in number.items())
                print(f"  {name}: {parts}")
            else:
                print(f"  {name:<28} {number:>7}")


def run_validate(options: argparse.Namespace) -> int:
    """The gate alone: 0 if nothing would stop a release, 1 if something would."""
    from kg.build import pipeline
    from kg.records import dataset

    root: Path | None
    try:
        found = dataset.find(options.dataset)
        with common.progress() as say:
            checked = pipeline.check(found, options.sources, say, options.jobs)
        findings, results, root = checked.findings, checked.results, common.folder(found)
    except DataError as error:  # dataset.toml itself
        if not error.findings:
            raise
        findings, results, root = error.findings, (), error.root
    if options.format == "json":
        sys.stdout.write(as_json(findings))
    elif options.format == "turtle":
        sys.stdout.write(pipeline.shacl_report(findings, results).decode())
    else:
        _print_findings(_shown(findings, options), len(set(findings)), root)
    return DataError.exit_code if stops_release(findings) else 0


def _shown(findings: Sequence[Finding], options: argparse.Namespace) -> list[Finding]:
    """The findings that were asked for: of this severity and worse, of one article."""
    from kg.records import dataset, scope
    from kg.records.load import parse

    ranks = list(Severity)
    least = ranks.index(Severity(options.severity))
    shown = [finding for finding in findings if ranks.index(finding.severity) <= least]
    if options.article:
        return scope.of_article(shown, parse(dataset.find(options.dataset)).records, options.article)
    return shown


def _print_findings(shown: Sequence[Finding], total: int, root: Path | None) -> None:
    """The findings, and how many others there are."""
    sys.stdout.write(as_text(shown, root))
    if hidden := total - len(set(shown)):
        print(f"{hidden} other findings are not shown")


def run_digest(options: argparse.Namespace) -> int:
    """Write passages.yaml anew."""
    from kg.records import dataset, digests, passages

    found = common.own(dataset.find(options.dataset))
    try:
        written = digests.write(found, options.sources)
    except DataError as error:
        raise error.within(common.folder(found)) from error
    if written.findings:
        sys.stdout.write(as_text(written.findings, common.folder(found)))
    kept = f"; those of {', '.join(written.missing)} kept as they were" if written.missing else ""
    print(f"{common.folder(found) / passages.FILE}: {written.number} passages{kept}")
    return 0
