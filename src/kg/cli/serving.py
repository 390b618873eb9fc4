"""``kg serve``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli import common
from kg.cli.apart import apart
from kg.errors import StoreDamaged, UsageError

if TYPE_CHECKING:
    from kg.records.dataset import Dataset
    from kg.release import Releases
    from kg.settings import Settings


def add_to(commands: common.Commands) -> None:
    """Declare the command."""
    from kg.settings import TABLE

    serve = commands.add_parser("serve", help="build if needed, then serve; or serve RDF files")
    common.dataset_option(serve)
    common.sources_option(serve)
    serve.add_argument(
        "--rdf",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="serve these RDF files as they are, instead of a dataset: .ttl .nt .jsonld .rdf .trig .nq, also "
        "with .gz; nothing is validated or kept",
    )
    serve.add_argument(
        "--default-graph",
        choices=("union", "strict"),
        default=None,
        help="of --rdf: the merge of all graphs, each triple once (union, the default), or what the files "
        "themselves put there (strict)",
    )
    common.setting_options(serve, *(setting.name for setting in TABLE))
    serve.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve RDF files, or the current release, built anew first if its inputs or a byte of it changed.

    A store to which a release was copied, and in which nothing was ever built, is served as it is.
    """
    settings = common.settings(options)
    _forget_secrets()
    if options.rdf:
        return _serve_files(options, settings)
    if options.default_graph:
        raise UsageError("--default-graph goes with --rdf", hint="a release has the merge as default graph")
    from kg.records import dataset
    from kg.web import server

    releases = common.releases(options)
    if _is_copy(releases):
        releases.current().verify()
    elif code := _build_if_needed(dataset.find(options.dataset), releases, options):
        return code
    server.run(releases.current(), settings, releases)
    return 0


def _forget_secrets() -> None:
    """Those who answer strangers' queries inherit this process's variables, and need not have all of them."""
    from kg.settings import TABLE

    for setting in TABLE:
        if setting.secret:
            os.environ.pop(setting.variable, None)


def _serve_files(options: argparse.Namespace, settings: Settings) -> int:
    if options.dataset or options.sources:
        raise UsageError("--rdf stands alone", hint="leave out --dataset and --sources")
    from kg.release import Release, files
    from kg.web import server

    paths: list[Path] = options.rdf
    kind: files.DefaultGraph = options.default_graph or "union"
    with tempfile.TemporaryDirectory(prefix="kg-rdf-") as name:
        folder, base = Path(name), f"http://{settings.host}:{settings.port}/"
        if code := _apart(lambda: files.write(paths, folder, kind, base), "loading"):
            return code
        server.run(Release.open(folder), settings)
    return 0


def _is_copy(releases: Releases) -> bool:
    """True of a replica: it has a current release, and none was built there."""
    copied = releases.last_inputs() is None and releases.last_built() is None
    return copied and releases.current_digest_or_none() is not None


def _build_if_needed(found: Dataset, releases: Releases, options: argparse.Namespace) -> int:
    from kg.build.inputs import needs_build

    if needs_build(found, releases.store_root, options.sources) or _is_damaged(releases):
        print(f"kg: building {found.name}", flush=True)
        return _apart(lambda: common.build(found, options), "the build")
    release = releases.current()
    if releases.last_built() not in (None, release.digest):
        print(f"kg: release {release.digest[:12]} was gone back to; kg build follows the records", flush=True)
    return 0


def _apart(work: Callable[[], object], what: str) -> int:
    """Do what writes a store in a process of its own, and give back its exit code.

    RocksDB's threads do not come along when the server forks its workers: one that had the library
    open before it was forked ends by SIGSEGV.
    """
    from kg.cli import guarded

    def done() -> int:
        work()
        return 0

    return apart(lambda: guarded(done), what)


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
