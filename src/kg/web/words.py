"""The words of a request: its parameters, decoded once and strictly."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from flask import request

from kg.errors import ParameterError, UnsupportedMedia, UsageError
from kg.web.apart import apart

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"

_SHORT: Final = 65_536
"""Bytes that are decoded at once; a megabyte of percent signs takes a fifth of a second."""


def decode(raw: bytes) -> list[tuple[str, str]]:
    """Name and value pairs of a query string or form body, in order (WHATWG URL, 5.1).

    Raises UsageError for bytes that are not UTF-8 and for more than 1000 pairs.
    """
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeDecodeError as error:
        raise UsageError("the parameters are not UTF-8", hint="percent-encode them from UTF-8") from error
    except ValueError as error:
        raise UsageError(f"the parameters cannot be read: {error}") from error


def in_url() -> list[tuple[str, str]]:
    """The parameters of the request's URL."""
    return decode(request.query_string)


def in_form() -> list[tuple[str, str]]:
    """The parameters of a form body. Raises UnsupportedMedia where the body is no form."""
    if request.mimetype != FORM:
        raise UnsupportedMedia(f"a body of type {request.mimetype or 'unknown'} is not read here", hint=FORM)
    body = request.get_data()
    return decode(body) if len(body) <= _SHORT else apart(partial(decode, body))


def values(pairs: Iterable[tuple[str, str]], name: str) -> list[str]:
    """Every value of one parameter."""
    return [value for key, value in pairs if key == name]


def first(pairs: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first value of a parameter, or None; an empty one counts as not given."""
    return next((value for key, value in pairs if key == name and value), None)


def once(pairs: Iterable[tuple[str, str]], name: str) -> str | None:
    """The one value of a parameter, or None. Raises ParameterError if it stands twice."""
    found = values(pairs, name)
    if len(found) > 1:
        raise ParameterError(name, f"the parameter {name!r} is given {len(found)} times", hint="give it once")
    return found[0] if found else None


def seconds(text: str | None, limit: float) -> float:
    """A ``timeout=`` parameter, which may only lower the limit.

    Raises ParameterError for what is no number above 0.
    """
    if not text:
        return limit
    try:
        wanted = float(text)
    except ValueError:
        wanted = 0.0
    if not 0 < wanted < float("inf"):
        raise ParameterError("timeout", f"timeout={text!r} is not a number of seconds", hint="timeout=5")
    return min(wanted, limit)
