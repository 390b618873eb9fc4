"""``kg passage``: words to offsets that can be cited, and offsets to words."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli import common
from kg.errors import UsageError
from kg.findings import printable

if TYPE_CHECKING:
    from kg.records.sources import Quote, Sources

SHOWN = 12


def add_to(commands: common.Commands) -> None:
    """Declare the command."""
    passage = commands.add_parser(
        "passage",
        help="where words stand in the sources, ready to be cited; or what a passage says",
        description="Find words in the source texts and print the passage to cite as evidence. Spaces, "
        "quotes, dashes, accents and capitals need not be exact, and … stands for what lies between. "
        "Given ARTICLE.START-END, print the words that stand there. "
        "Exit code 1 if the words are in no article; the nearest there are are proposed.",
    )
    common.dataset_argument(passage)
    passage.add_argument("text", metavar="FIND-TEXT|ARTICLE.START-END", help="the words, or a passage")
    common.sources_option(passage, "the dataset's own folder sources/, if it has one")
    passage.add_argument("--article", metavar="SLUG", help="look in this article only")
    passage.add_argument("--json", action="store_true", help="print the outcome as JSON")
    passage.set_defaults(run=run_passage)


def run_passage(options: argparse.Namespace) -> int:
    """Find, or show; 0 if something can be cited."""
    from kg.records import dataset
    from kg.records.passages import Passage
    from kg.records.sources import Sources

    if options.dataset is None and Path(options.text, dataset.FILE).is_file():
        raise UsageError(f"{options.text} is a dataset: say which words to find in it")
    if not options.text.strip():
        raise UsageError("there are no words to find")
    sources = Sources.read(dataset.find(options.dataset), options.sources)
    asked = Passage.parse(options.text)
    found = [sources.show(asked)] if asked else sources.find(options.text, options.article)
    near = None if found else sources.nearest(options.text)
    if options.json:
        body = {"passages": [q.plain() for q in found], "nearest": near.plain() if near else None}
        print(json.dumps(body, indent=2, ensure_ascii=False))
    else:
        _print(sources, found, near)
    return 0 if any(quote.article for quote in found) else 1


def _print(sources: Sources, found: list[Quote], near: Quote | None) -> None:
    if not found:
        print("not found" + ("; the nearest words are" if near else ", and nothing is like it"))
    for quote in [near] if near else found[:SHOWN]:
        _print_quote(sources, quote)
    if len(found) > SHOWN:
        print(f"and {len(found) - SHOWN} more places: give more words, or --article")


def _print_quote(sources: Sources, quote: Quote) -> None:
    """The passage, its words in their surroundings, and its digest."""
    from kg.records.passages import digest

    place = f"{quote.file} {quote.stretch.start}-{quote.stretch.end}"
    print(quote.passage or place)
    before, after = (re.sub(r"\s+", " ", text) for text in (quote.before, quote.after))
    print(printable(f"    …{before.lstrip()}[{quote.words}]{after.rstrip()}…"))
    made = digest(quote.words)
    state = (
        "recorded" if quote.recorded == made else "differs from passages.yaml" if quote.recorded else "new"
    )
    print(f"    sha256 {made} ({state})")
    if not quote.article:
        runs = "; ".join(f"{a.slug} runs from {a.start} to {a.end}" for a in sources.in_file(quote.file))
        print(f"    outside every article of this file, so it cannot be cited: {runs or 'it has none yet'}")
    if quote.cuts:
        print("    begins or ends in the middle of a word")
