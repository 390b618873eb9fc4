"""``kg serve``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from kg.cli import common
from kg.errors import StoreDamaged

if TYPE_CHECKING:
    from kg.release import Releases


def add_to(commands: common.Commands) -> None:
    """Declare the command."""
    from kg.settings import TABLE

    serve = commands.add_parser("serve", help="build if needed, then serve")
    common.dataset_option(serve)
    common.sources_option(serve)
    common.setting_options(serve, *(setting.name for setting in TABLE))
    serve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the current release, built anew first if its inputs have changed or a byte of it has."""
    from kg.build import pipeline
    from kg.records import dataset
    from kg.release import Releases
    from kg.web import server

    settings = common.settings(options)
    found = dataset.find(options.dataset)
    releases = Releases(settings.store, found.name)
    if pipeline.needs_build(found, settings.store, options.sources) or _is_damaged(releases):
        print(f"kg: building {found.name}", flush=True)
        release = common.build(found, options).release
    else:
        release = releases.current()
        if releases.last_built() not in (None, release.digest):
            print(
                f"kg: release {release.digest[:12]} was gone back to; kg build follows the records",
                flush=True,
            )
    server.run(release, settings, releases)
    return 0


def _is_damaged(releases: Releases) -> bool:
    """True, and said so, if a byte of the current release is not what was published.

    SHA-256 of a store of 1 M triples takes a fraction of a second; a server runs for weeks.
    """
    try:
        releases.current().verify()
    except StoreDamaged as error:
        print(f"kg: damaged, and not served: {error.message}", file=sys.stderr, flush=True)
        return True
    return False
