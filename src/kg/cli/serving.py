"""``kg serve``."""

from __future__ import annotations

import argparse

from kg.cli import common


def add_to(commands: common.Commands) -> None:
    """Declare the command."""
    from kg.settings import TABLE

    serve = commands.add_parser("serve", help="build if needed, then serve")
    common.dataset_option(serve)
    common.sources_option(serve)
    common.setting_options(serve, *(setting.name for setting in TABLE))
    serve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the current release, built anew first if its inputs have changed."""
    from kg.build import pipeline
    from kg.records import dataset
    from kg.release import Releases
    from kg.web import server

    settings = common.settings(options)
    found = dataset.find(options.dataset)
    if pipeline.needs_build(found, settings.store, options.sources):
        print(f"kg: building {found.name}", flush=True)
        release = common.build(found, options).release
    else:
        release = Releases(settings.store, found.name).current()
    server.run(release, settings)
    return 0
