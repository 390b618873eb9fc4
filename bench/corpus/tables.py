"""Records to rows of CSV, as docs/records.md describes them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any, Final, TextIO

_NESTED: Final = ("tenure", "participation", "statement", "nameForm", "assessment")
_BARS: Final = re.compile(r"(\\*)\|")

Row = dict[str, str]


def rows(record: dict[str, Any], way: str = "") -> list[Row]:
    """The rows of a record: cells by the name of their column."""
    own: Row = {}
    nested: list[list[Row]] = []
    for name, value in record.items():
        if name in _NESTED:
            nested.append([row for item in _many(value) for row in rows(item, f"{way}{name}.")])
        else:
            own.update(_cells(way + name, value))
    first, *more = (
        {k: v for row in level for k, v in row.items()} for level in zip_longest([own], *nested, fillvalue={})
    )
    return [first, *more]


def _cells(column: str, value: Any) -> Iterator[tuple[str, str]]:
    plain = [item for item in _many(value) if not isinstance(item, dict)]
    if plain:
        yield column, cell(plain)
    for texts in _many(value):
        for language, words in texts.items() if isinstance(texts, dict) else ():
            yield f"{column}@{language}", cell(_many(words))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def cell(values: list[str]) -> str:
    """Several values in one cell, parted by bars; their own bars and backslashes before bars are escaped."""
    escaped = [_BARS.sub(lambda found: f"{found[1]}{found[1]}\\|", value) for value in values]
    ends = [value + "\\" * (len(value) - len(value.rstrip("\\"))) for value in escaped[:-1]]
    return "|".join((*ends, escaped[-1]))


def write(records: Iterable[dict[str, Any]], again: Iterable[dict[str, Any]], out: TextIO) -> None:
    """Write a table; the records are gone through twice, first for the columns."""
    columns = dict.fromkeys(name for record in records for row in rows(record) for name in row)
    table = csv.DictWriter(out, ["id", *(name for name in columns if name != "id")], restval="")
    table.writeheader()
    for record in again:
        table.writerows(rows(record))
