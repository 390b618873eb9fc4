"""``kg diff``: what changed between two releases."""

from __future__ import annotations

import argparse
import sys

from kg.cli import common
from kg.errors import UsageError

FORMATS = ("text", "patch", "json")


def add_to(commands: common.Commands) -> None:
    """Declare the command."""
    diff = commands.add_parser("diff", help="what changed between two releases")
    for name, default in (("a", "previous"), ("b", "current")):
        diff.add_argument(
            name,
            nargs="?",
            default=default,
            metavar=name.upper(),
            help=f"{common.RELEASE} (default: {default})",
        )
    diff.add_argument(
        "--format",
        choices=FORMATS,
        help="text: sentences by class (default); patch: RDF Patch; json: sentences and values for programs",
    )
    diff.add_argument("--json", action="store_true", help="the same as --format json")
    common.dataset_option(diff)
    common.setting_options(diff, "store")
    diff.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the difference, which is no fault: 0 whether there is one or not."""
    from kg.diff import compare, patch, report

    if options.json and options.format not in (None, "json"):
        raise UsageError(f"--json and --format {options.format} do not go together", hint="give one of them")
    writer = {"text": report.text, "patch": patch.lines, "json": report.as_json}
    chosen = "json" if options.json else options.format or "text"
    releases = common.releases(options)
    with compare(releases.open(options.a), releases.open(options.b)) as delta:
        sys.stdout.writelines(writer[chosen](delta))
    return 0
