"""An invented, valid dataset of any size, for measurements.

    python bench/synthetic.py N FOLDER [--format jsonl|yaml|csv] [--seed 1]
    python bench/synthetic.py --edit FOLDER

N is the number of events, statements included; 35,000 make about a million asserted triples. FOLDER must be
new or empty; the source texts are written to FOLDER/sources. The same N, format and seed give the same bytes.
--edit changes one record of such a dataset, in its middle, as a curator would between two builds.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

from corpus import visits, world
from corpus.texts import Library
from corpus.world import Country, Record
from corpus.writing import Files

_EVENTS_PER_COUNTRY: Final = 280
_DATASET: Final = """\
name = "synthetic-{events}"
title = "An invented dataset of {events} events"
description = "Made by bench/synthetic.py (seed {seed}). Nobody and nothing in it exists."
base = "https://example.org/synthetic/"
publisher = "The kg project"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
language = "en"
version = "1"
issued = 2026-01-01
"""
_REVISION: Final = re.compile(rb"Revision ([0-9]+) of this record")


def records(events: int, seed: int, library: Library) -> Iterator[Record]:
    """All records, one after the other."""
    countries = max(2, events // _EVENTS_PER_COUNTRY)
    yield from world.common(-(-events // visits.SIZE))
    for number in range(countries):
        yield from world.records(Country(number), library)
    left = events
    for number in count():
        if left <= 0:
            return
        size = min(left, visits.SIZE)
        yield from visits.Visit(number, size, countries, seed).records(library)
        left -= size


def write(events: int, root: Path, form: str, seed: int) -> None:
    """The whole dataset."""
    root.mkdir(parents=True, exist_ok=True)
    if any(root.iterdir()):
        raise SystemExit(f"{root} is not empty: name a new folder")
    library, files = Library(root), Files(root, form)
    for record in records(events, seed, library):
        files.add(record)
    files.close()
    library.close()
    lines = [_DATASET.format(events=events, seed=seed)]
    lines += [f'\n[[sources]]\nfile = "{name}"\ntitle = "{name[:-4]}"\n' for name in library.volumes]
    (root / "dataset.toml").write_text("".join(lines), encoding="utf-8")


def edit(root: Path) -> str:
    """Change one record; returns where: file and line."""
    places = [
        (path, number)
        for path in sorted((*root.glob("records/event.*"), *root.glob("records/event/*.*")))
        for number, line in enumerate(path.open("rb"))
        if _REVISION.search(line)
    ]
    if not places:
        raise SystemExit(f"{root} holds no record to edit: it takes a dataset of 65 events or more")
    path, number = places[len(places) // 2]
    fresh = path.with_name(f".{path.name}")
    with path.open("rb") as old, fresh.open("wb") as new:
        new.writelines(_REVISION.sub(_next, line) if n == number else line for n, line in enumerate(old))
    fresh.replace(path)
    return f"{path}:{number + 1}"


def _next(found: re.Match[bytes]) -> bytes:
    return b"Revision %d of this record" % (int(found[1]) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("events", type=int, nargs="?", metavar="N", help="how many events")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--format", choices=("jsonl", "yaml", "csv"), default="jsonl")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--edit", action="store_true", help="change one record of a dataset made earlier")
    asked = parser.parse_args()
    if asked.edit:
        print(edit(asked.folder))
    elif asked.events is None or asked.events < 1:
        parser.error("say how many events: N is 1 or more")
    else:
        write(asked.events, asked.folder, asked.format, asked.seed)


if __name__ == "__main__":
    main()
