"""``kg releases``."""

from __future__ import annotations

import argparse
import json

from kg.cli import common


def add_to(commands: common.Commands) -> None:
    """Declare the command and its actions."""
    releases = commands.add_parser("releases", help="what is in the store")
    actions = releases.add_subparsers(title="actions", metavar="ACTION", required=True)

    listing = actions.add_parser("list", help="every release of the dataset; the current one has a star")
    listing.add_argument("--json", action="store_true", help="print the list as JSON")
    listing.set_defaults(run=run_list)

    verify = actions.add_parser("verify", help="check a release's files and content against its digest")
    verify.add_argument(
        "digest", nargs="?", help="the digest or its first digits (default: the current release)"
    )
    verify.set_defaults(run=run_verify)
    for each in (listing, verify):
        common.dataset_option(each)
        common.setting_options(each, "store")


def run_list(options: argparse.Namespace) -> int:
    """One line a release."""
    from kg.records import dataset
    from kg.release import Releases

    releases = Releases(common.settings(options).store, dataset.find(options.dataset).name)
    current = releases.current_digest()
    rows = [
        {
            "digest": r.digest,
            "current": r.digest == current,
            "version": r.manifest["dataset"].get("version", ""),
        }
        for r in releases.list()
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        print(f"{'*' if row['current'] else ' '} {row['digest']}  {row['version']}")
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """0 if the release is whole; StoreDamaged (exit 3) names what is not."""
    from kg.records import dataset
    from kg.release import Releases

    releases = Releases(common.settings(options).store, dataset.find(options.dataset).name)
    release = releases.open(options.digest) if options.digest else releases.current()
    release.verify(deep=True)
    print(f"{release.digest} is whole")
    return 0
