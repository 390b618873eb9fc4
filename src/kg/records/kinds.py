"""What the kinds of value look like: is a text a date, a number, a reference? And how to say it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from kg import vocab
from kg.records.model import Concept, Field, Kind
from kg.records.passages import Passage

_YEAR: Final = re.compile(r"[0-9]{4}")
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_INTEGER: Final = re.compile(r"[0-9]+")
_LOCAL: Final = re.compile(r"[\w.-]+")
_IRI: Final = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x20]+")


def fits(kind: Kind, text: str) -> bool:
    """True if the text is a value of this kind. Not for texts, strings, concepts and nested records."""
    return _FITS[kind](text)


@lru_cache(maxsize=10_000)
def is_date(text: str) -> bool:
    """True for a day, month or year that is in the calendar."""
    if _DAY.fullmatch(text):
        year, month, day = map(int, text.split("-"))
        return year > 0 and day <= calendar.monthrange(year, month)[1]
    return bool(_MONTH.fullmatch(text) or _YEAR.fullmatch(text)) and text[:4] != "0000"


_MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_WORDED: Final = re.compile(
    r"(?:(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?\.?\s+)?(?P<name>[a-z]{3,9})\.?"
    r"(?:\s+(?P<day2>[0-9]{1,2})(?:st|nd|rd|th)?)?(?:,|\s)\s*(?P<year>[0-9]{4})",
    re.I,
)
_NUMBERED: Final = re.compile(r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})(?:[-/.](?P<day>[0-9]{1,2}))?")


def date_meant(text: str) -> str:
    """The date in figures that a wording such as "3 June 2013" or "2013/6/3" means.

    Empty where that is not plain: of 3/6/2013 nobody can tell which is the month.
    """
    found = _WORDED.search(text) or _NUMBERED.fullmatch(text.strip())
    if found is None:
        return ""
    parts = found.groupdict()
    name = (parts.get("name") or "").lower()
    number = next((n for full, n in _MONTHS.items() if name and full.startswith(name)), 0)
    month, day = int(parts.get("month") or number), int(parts.get("day") or parts.get("day2") or 0)
    made = f"{parts['year']}-{month:02}" + (f"-{day:02}" if day else "")
    return made if is_date(made) else ""


def _is_reference(text: str) -> bool:
    if vocab.LOCAL_ID.fullmatch(text):
        return True
    prefix, _, local = text.partition(":")
    if prefix in vocab.PREFIXES and prefix != text:
        return bool(_LOCAL.fullmatch(local))
    return bool(_IRI.fullmatch(text))


def _is_passage(text: str) -> bool:
    passage = Passage.parse(text)
    return passage is not None and passage.start < passage.end


_FITS: Final[dict[Kind, Callable[[str], bool]]] = {
    Kind.DATE: is_date,
    Kind.INTEGER: lambda t: bool(_INTEGER.fullmatch(t)),
    Kind.DECIMAL: lambda t: bool(_DECIMAL.fullmatch(t)),
    Kind.BOOLEAN: lambda t: t in ("true", "false"),
    Kind.REFERENCE: _is_reference,
    Kind.PASSAGE: _is_passage,
}
WANTED: Final = {
    Kind.STRING: "a text",
    Kind.TEXT: "a text",
    Kind.DATE: "a date",
    Kind.INTEGER: "a whole number",
    Kind.DECIMAL: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.CONCEPT: "the name of a concept",
    Kind.REFERENCE: "the id of a record, or an IRI",
    Kind.PASSAGE: "a passage",
}
EXAMPLE: Final = {
    Kind.STRING: "write one text",
    Kind.TEXT: "write one text",
    Kind.DATE: "write a day, month or year of the calendar: 2021-01-13, 2021-01 or 2021",
    Kind.INTEGER: "write digits only, such as 300",
    Kind.DECIMAL: "write a plain number, such as 300 or 4.5",
    Kind.BOOLEAN: "write true or false",
    Kind.CONCEPT: "write its bare name, such as host",
    Kind.REFERENCE: "write kind/slug, such as person/ada-lovelace, or wd:Q42, or https://…",
    Kind.PASSAGE: "write article.start-end, such as morning-news.10-20, the start below the end",
}

TO_DO: Final = "TODO"
"""What ``kg new`` writes where a required value was not given; no value of any field."""

OFFER: Final = "Optional: take the hash away"
"""How the comment begins below which ``kg new`` offers more fields, as comments."""


def wanted(field: Field, glossary: Mapping[str, Mapping[str, Concept]]) -> str:
    """What a field is for and what a value of it looks like, in a line."""
    if field.kind is Kind.CONCEPT:
        form = f"one of: {', '.join(sorted(glossary.get(field.scheme, ())))}"
    elif field.paths and field.kind is Kind.REFERENCE:
        form = f"the id of a record: {' or '.join(f'{path}/…' for path in field.paths)}"
    else:
        form = EXAMPLE.get(field.kind, "write its fields below it")
    return f"{field.help.rstrip('.')}: {form}" if field.help else form
