"""``kg new``: a record with its required fields, where such records stand in the dataset."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli import common
from kg.errors import NotFound, UsageError

if TYPE_CHECKING:
    from kg.records.articles import Located
    from kg.records.dataset import Dataset
    from kg.records.load import Parsed
    from kg.records.model import RecordType
    from kg.records.new import New
    from kg.records.sources import Quote, Sources

Values = dict[str, list[str]]


def add_to(commands: common.Commands) -> None:
    """Declare the command."""
    new = commands.add_parser(
        "new",
        help="write a new record, with what it needs and what it may have",
        description="Write a new record of a type at the end of the file where such records stand. What is "
        "given is checked; what is required and not given is written as TODO, which kg validate tells until "
        "it is filled in; the fields that the record may have stand below it as comments with their help.",
        epilog="Example: kg new event 'Talks on lanterns' --set eventType=meeting --date 2013-06-03 "
        "--evidence 'met in the Guild Hall' --dataset my-dataset",
    )
    new.add_argument("type", metavar="TYPE", help="article, person, organization, post, event, commitment, …")
    new.add_argument("name", metavar="NAME", help="its name, title or label; the id is made from it")
    new.add_argument(
        "--set",
        action="append",
        default=[],
        dest="values",
        metavar="FIELD=VALUE",
        help="the value of a field; several times for several fields or values",
    )
    new.add_argument("--id", metavar="SLUG", help="the id after the slash, where NAME should not give it")
    new.add_argument("--label", metavar="TEXT", help="the label, where it differs from NAME")
    new.add_argument(
        "--date",
        metavar="DATE",
        help="2021-01-13, 2021-01 or 2021: the day of the event, the day "
        "on which the article came out, a promise is due, a post is attested",
    )
    new.add_argument(
        "--evidence",
        action="append",
        default=[],
        metavar="PASSAGE|WORDS",
        help="article.start-end, or words that are found in the sources once (as kg passage does); "
        "of a person, body, post or place it gives a written form of the name",
    )
    new.add_argument(
        "--article", metavar="SLUG", help="look for the words of --evidence in this article only"
    )
    new.add_argument(
        "--source",
        metavar="FILE",
        help="of an article: the text's file; its stretch is found by the title, and dataset.toml lists it",
    )
    new.add_argument("-o", dest="out", type=Path, metavar="FILE", help="the file to append to")
    new.add_argument("--print", dest="dry", action="store_true", help="print the record; write nothing")
    new.add_argument("--json", action="store_true", help="print the outcome as JSON")
    common.sources_option(new, "the dataset's own folder sources/, if it has one")
    common.dataset_option(new)
    new.set_defaults(run=run_new)


def run_new(options: argparse.Namespace) -> int:
    """Make the record, write it, say where and what is left to do."""
    from kg import disk
    from kg.records import dataset, model, new
    from kg.records.load import parse

    read = model.load()
    kind = new.type_of(options.type, read)
    found = dataset.find(options.dataset)
    parsed = parse(found)
    article = _located(options, kind, found, parsed)
    given = _given(options, kind, found, article)
    made = new.make(found, parsed, kind, options.id or options.name, given, read)
    if made.notes:
        sys.stderr.write("".join(f"note: {n.message}\n    {n.remedy}\n" for n in made.notes))
    if options.dry:
        sys.stdout.write(made.text)
        return 0
    path = options.out or new.place(common.own(found), parsed, kind, given)
    listing = new.listing(found, article.file, article.source_title) if article else ""
    line = new.append(found, path, made)
    if listing:
        disk.replace(found.root / dataset.FILE, listing)
    _tell(options, found, path, line, made, bool(listing))
    return 0


def _located(options: argparse.Namespace, kind: RecordType, found: Dataset, parsed: Parsed) -> Located | None:
    from kg.records import articles

    if not options.source:
        return None
    if kind.name != "Article":
        raise UsageError("--source is for articles", hint=f"a {kind.path} cites its source with --evidence")
    return articles.locate(found, parsed, options.sources, options.source, options.label or options.name)


def _given(options: argparse.Namespace, kind: RecordType, found: Dataset, article: Located | None) -> Values:
    """The values of all options, by field; those of FIELD=VALUE stand above the others."""
    from kg.records import templates

    values: Values = {}
    if named := templates.name_field(kind):
        values[named] = [options.label or options.name]
    if kind.name == "Article":
        values["language"] = [found.language]
    if article is not None:
        values["title"], values["sourceFile"] = [article.title], [article.file]
        values["textStart"], values["textEnd"] = [str(article.start)], [str(article.end)]
    if options.date:
        values |= {field: [options.date] for field in templates.date_fields(kind)}
    if options.evidence:
        _cite(values, kind, options, found)
    return values | _pairs(options.values)


def _cite(values: Values, kind: RecordType, options: argparse.Namespace, found: Dataset) -> None:
    """The passages, as the record's own evidence or as that of a written form of its name.

    Passages given by their offsets do without the texts; that they are in order, kg digest will tell.
    """
    from kg.records.passages import Passage
    from kg.records.sources import Sources
    from kg.records.templates import name_form

    if "evidence" not in kind.fields and "nameForm" not in kind.fields:
        raise UsageError(f"a {kind.path} has no evidence", hint="leave --evidence out")
    try:
        sources = Sources.read(found, options.sources)
    except NotFound:
        if "evidence" not in kind.fields or not all(map(Passage.parse, options.evidence)):
            raise
        values["evidence"] = options.evidence
        return
    quotes = list(_quotes(options, sources))
    if "evidence" in kind.fields:
        values["evidence"] = [quote.passage for quote in quotes]
    else:
        values["nameForm"] = [name_form(quote.words, quote.passage) for quote in quotes]


def _quotes(options: argparse.Namespace, sources: Sources) -> Iterator[Quote]:
    """Each passage, looked up by its offsets or its words. Raises UsageError where it is not one place."""
    from kg.records.passages import Passage

    for asked in options.evidence:
        passage = Passage.parse(asked)
        quotes = [sources.show(passage)] if passage else sources.find(asked, options.article)
        citable = [quote for quote in quotes if quote.article]
        if len(citable) != 1:
            places = ", ".join(quote.passage for quote in citable[:6])
            message = f"{asked!r} stands in {places}" if citable else f"{asked!r} is in no article"
            hint = (
                "give more words, --article, or one of these"
                if citable
                else "kg passage finds the nearest words"
            )
            raise UsageError(message, hint=hint)
        yield citable[0]


def _pairs(values: list[str]) -> Values:
    pairs: Values = {}
    for value in values:
        field, sign, text = value.partition("=")
        if not sign or not field or not text:
            raise UsageError(f"{value!r} is not FIELD=VALUE", hint="such as --set eventType=meeting")
        pairs.setdefault(field, []).append(text)
    return pairs


def _tell(
    options: argparse.Namespace, found: Dataset, path: Path, line: int, made: New, listed: bool
) -> None:
    """Where the record stands, and what is still to be done."""
    from kg.records.dataset import FILE

    folder = common.folder(found)
    file = folder / path.resolve().relative_to(found.root)
    if options.json:
        body = {"id": made.id, "file": str(file), "line": line, "toDo": list(made.to_do)}
        print(json.dumps(body, indent=2, ensure_ascii=False))
        return
    print(f"{file}:{line}: {made.id}")
    if listed:
        print(f"{folder / FILE}: lists the source text")
    if made.to_do:
        print(f"    to be filled in: {', '.join(made.to_do)}")
