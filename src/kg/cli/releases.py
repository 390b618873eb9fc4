"""``kg releases``: what is in the store, going back, tidying up, checking."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from kg.cli import common
from kg.errors import StoreDamaged, UsageError

if TYPE_CHECKING:
    from kg.release import Keep, Releases

KEEP = 3
"""Releases that pruning keeps where nothing is said: the present one and two to go back to."""


def add_to(commands: common.Commands) -> None:
    """Declare the command and its actions."""
    releases = commands.add_parser("releases", help="what is in the store; go back, tidy up, check")
    actions = releases.add_subparsers(title="actions", metavar="ACTION", required=True)

    listing = actions.add_parser("list", help="every release, the latest first; the current one has a star")
    listing.set_defaults(run=run_list)

    rollback = actions.add_parser("rollback", help="make an older release current")
    rollback.add_argument(
        "release",
        nargs="?",
        default="previous",
        metavar="RELEASE",
        help=f"{common.RELEASE} (default: previous)",
    )
    rollback.set_defaults(run=run_rollback)

    prune = actions.add_parser("prune", help="remove older releases; never the current one or one in use")
    prune.add_argument(
        "release",
        nargs="*",
        metavar="RELEASE",
        help="remove these and no others: a digest, its first digits, or 'previous'",
    )
    prune.add_argument("--keep", type=_number, metavar="N", help=f"keep the N newest (default: {KEEP})")
    prune.add_argument(
        "--days", type=_number, metavar="D", help="keep those built in the last D days as well"
    )
    prune.add_argument("--damaged", action="store_true", help="remove damaged releases, too")
    prune.add_argument("--dry-run", action="store_true", help="say what would go; remove nothing")
    prune.set_defaults(run=run_prune)

    verify = actions.add_parser("verify", help="check a release's files and content against its digest")
    verify.add_argument(
        "release",
        nargs="?",
        default="current",
        metavar="RELEASE",
        help=f"{common.RELEASE} (default: current)",
    )
    verify.add_argument("--all", action="store_true", help="check every release")
    verify.set_defaults(run=run_verify)

    for each in (listing, rollback, prune, verify):
        each.add_argument("--json", action="store_true", help="print the outcome as JSON")
        common.dataset_option(each)
        common.setting_options(each, "store")


def run_list(options: argparse.Namespace) -> int:
    """A line for each release, with what it brought below it."""
    releases = common.releases(options)
    rows = list(_rows(releases))
    if options.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    for row in rows:
        mark = "*" if row["current"] else "-" if row["previous"] else " "
        state = "damaged" if row["fault"] else f"{row['triples']} triples"
        print(f"{mark} {row['digest']}  {row['built']}  {row['version'] or '-'}  {state}")
        if row["fault"]:
            print(f"    ! {row['fault']}")
        for note in row["notes"]:
            print(f"    {note}")
    if not rows:
        print(f"{releases.path}: no release of {releases.dataset} yet (kg build makes one)")
    return 0


def _rows(releases: Releases) -> list[dict[str, Any]]:
    """What is known of each release, the latest built first; notes are those that the one before had not."""
    from kg.records.changes import since

    current = releases.current_digest()
    line = releases.lineage()
    rows: list[dict[str, Any]] = []
    before: Any = ()
    for digest in reversed(releases.digests()):
        row: dict[str, Any] = {
            "digest": digest,
            "current": digest == current,
            "previous": line[-2:-1] == (digest,),
            "built": releases.built_at(digest),
            "version": "",
            "triples": None,
            "bytes": None,
            "fault": None,
            "notes": [],
        }
        try:
            release = releases.open(digest)
        except StoreDamaged as error:
            row["fault"] = error.message
        else:
            row["version"] = release.version
            row["triples"] = release.manifest["counts"].get("totals", {}).get("triples")
            row["bytes"] = release.size
            row["notes"] = since(release.changes, before)
            before = release.changes
        rows.insert(0, row)
    return rows


def run_rollback(options: argparse.Namespace) -> int:
    """Switch, having compared every byte of the release that is gone back to."""
    releases = common.releases(options)
    before = releases.current_digest_or_none()
    release = releases.switch(options.release)
    if options.json:
        print(json.dumps({"before": before, "current": release.digest}, indent=2))
    elif before == release.digest:
        print(f"{release.digest} is current already")
    else:
        print(f"{release.digest} is current" + (f"; before it was {before[:12]}" if before else ""))
        print("a running server takes it up within two seconds; kg serve, started now, serves it")
        print("until the records change or kg build is called")
    return 0


def run_prune(options: argparse.Namespace) -> int:
    """Remove, and say what and why not."""
    releases = common.releases(options)
    pruned = releases.prune(_rule(options, releases), dry_run=options.dry_run)
    if options.json:
        body = {"dry_run": options.dry_run, "removed": pruned.removed, "kept": pruned.kept}
        print(json.dumps(body, indent=2, ensure_ascii=False))
        return 0
    for digest, why in pruned.kept.items():
        print(f"kept     {digest}  {why}")
    verb = "would go" if options.dry_run else "removed "
    for digest, size in pruned.removed.items():
        print(f"{verb} {digest}  {size} bytes")
    return 0


def _rule(options: argparse.Namespace, releases: Releases) -> Keep:
    """What is to be kept. Raises UsageError for names beside a rule, and for the current release."""
    from kg.release import Keep

    keep = KEEP if options.keep is None else options.keep
    if not options.release:
        return Keep(keep, options.days or 0, damaged=not options.damaged)
    if options.keep is not None or options.days is not None or options.damaged:
        raise UsageError(
            "releases are named, so --keep, --days and --damaged have no meaning",
            hint="leave out the one or the other",
        )
    named = frozenset(map(releases.find, options.release))
    if releases.current_digest() in named:
        raise UsageError(
            f"{releases.current_digest()} is current, and the current release is never removed",
            hint="make another one current: kg releases rollback",
        )
    return Keep(keep, only=named)


def run_verify(options: argparse.Namespace) -> int:
    """0 if the release is whole; StoreDamaged (exit 3) names what is not."""
    releases = common.releases(options)
    names = releases.digests() if options.all else (releases.find(options.release),)
    faults = {digest: _fault(releases, digest) for digest in names}
    if options.json:
        rows = [
            {"digest": digest, "whole": error is None, "fault": error.message if error else None}
            for digest, error in faults.items()
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for digest, error in faults.items():
            print(f"{digest} is {'damaged' if error else 'whole'}", flush=True)
    found = [error for error in faults.values() if error]
    if not found:
        return 0
    if len(found) == 1:
        raise StoreDamaged(f"the release is damaged: {found[0].message}", hint=found[0].hint)
    raise StoreDamaged(
        f"{len(found)} releases are damaged:\n" + "\n".join(f"    {error.message}" for error in found),
        hint=found[0].hint,
    )


def _fault(releases: Releases, digest: str) -> StoreDamaged | None:
    try:
        with releases.open(digest).held() as release:
            release.verify(deep=True)
    except StoreDamaged as error:
        return error
    return None


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)
