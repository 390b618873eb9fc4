"""``kg query``, ``kg export`` and ``kg tell``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kg import formats
from kg.cli import common
from kg.errors import ParameterError, UsageError

if TYPE_CHECKING:
    from kg.release import Release


def add_to(commands: common.Commands) -> None:
    """Declare the commands."""
    query = commands.add_parser("query", help="ask one question; no server needed")
    query.add_argument(
        "query", metavar="QUERY", help="SPARQL text, a FILE.rq, '-', or the name of a canned query"
    )
    query.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="parameter of a canned query (repeatable)",
    )
    query.add_argument(
        "--format", help="table (default), json, xml, csv, tsv; for graphs turtle (default), …"
    )
    common.release_option(query)
    common.dataset_option(query)
    common.setting_options(query, "store", "service_allow")
    query.set_defaults(run=run_query, apart=True)

    export = commands.add_parser("export", help="take the graph home")
    export.add_argument("--format", default="turtle", help=", ".join(f.name for f in formats.RDF_FORMATS))
    export.add_argument("--graph", metavar="IRI", help="one named graph")
    export.add_argument(
        "--entity", metavar="IRI", help="one entity: an IRI or an id such as person/ada-lovelace"
    )
    export.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write to FILE (default: standard output)"
    )
    common.release_option(export)
    common.dataset_option(export)
    common.setting_options(export, "store")
    export.set_defaults(run=run_export)

    tell = commands.add_parser("tell", help="what the graph says of an article, in plain sentences")
    tell.add_argument("article", nargs="?", metavar="ARTICLE", help="an article's name (default: all)")
    tell.add_argument(
        "--quotes", action="store_true", help="with the quoted words, in a release built with --sources"
    )
    common.release_option(tell)
    common.dataset_option(tell)
    common.setting_options(tell, "store")
    tell.set_defaults(run=run_tell)


def run_query(options: argparse.Namespace) -> int:
    """Ask a release, without a server."""
    with common.asked_release(options) as release:
        return _query(options, release)


def _query(options: argparse.Namespace, release: Release) -> int:
    from kg.query import local, request
    from kg.vocab import PREFIXES

    allowed = common.settings(options).service_allow
    query = request.parse(_text(options, release), prefixes=PREFIXES, service_allow=allowed)
    offers = formats.BY_FORM[query.form]
    is_graph = offers is formats.RDF_FORMATS
    wanted = options.format or (offers[0].name if is_graph else "table")
    if wanted == "table":
        local.table(release.open_store(), query, sys.stdout, base=release.base)
        return 0
    fmt = formats.named(wanted, offers)
    prefixes = PREFIXES if is_graph else {}
    local.execute(release.open_store(), query, fmt, sys.stdout.buffer, prefixes=prefixes)
    sys.stdout.flush()
    return 0


def _text(options: argparse.Namespace, release: Release) -> str:
    """The SPARQL text that the argument means."""
    from kg.query import catalog, entities

    given: str = options.query
    found = catalog.from_input(sys.stdin.buffer) if given == "-" else catalog.meant(given)
    values = _values(options.param)
    text = found.bind(values, release.base)
    if values:
        entities.check(found, values, release.open_store(), release.base)
    return text


def _values(given: list[str]) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise ParameterError(each, f"--param {each}: a parameter is written NAME=VALUE")
        if name in values:
            raise ParameterError(name, f"parameter {name!r} is given twice")
        values[name] = value
    return values


def run_export(options: argparse.Namespace) -> int:
    """Write a release, one graph of it or one entity."""
    fmt = formats.named(options.format, formats.RDF_FORMATS)
    if options.graph and options.entity:
        raise UsageError("--graph and --entity do not go together", hint="give one of them")
    with common.asked_release(options) as release:
        return _export(options, release, fmt)


def _export(options: argparse.Namespace, release: Release, fmt: formats.Format) -> int:
    from kg import export

    store = release.open_store()
    if options.output:
        export.to_file(
            options.output, store, fmt, base=release.base, graph=options.graph, entity=options.entity
        )
        return 0
    out = sys.stdout.buffer
    export.export(store, fmt, out, base=release.base, graph=options.graph, entity=options.entity)
    out.flush()
    return 0


def run_tell(options: argparse.Namespace) -> int:
    """Read articles back, to be held beside the source."""
    from kg.export import prose

    with common.asked_release(options) as release:
        store = release.open_store()
        given = options.article
        wanted = prose.articles(store) if given is None else [prose.find(store, release.base, given)]
        for article in wanted:
            print("\n".join(prose.tell(store, release.base, article, quotes=options.quotes)))
    return 0
