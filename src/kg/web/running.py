"""Running a query for a view: the format it is answered in, the stream or the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Response, g, request

from kg import vocab
from kg.formats import BY_FORM, JSON, RDF_FORMATS, Format, named
from kg.query.canonical import canonical
from kg.query.request import declared
from kg.web import caching, hints, negotiate
from kg.web.citing import bookmark, permalink
from kg.web.site import Site, site
from kg.web.streaming import close, collect, stream
from kg.web.view.table import Table, read

if TYPE_CHECKING:
    from kg.query.answer import Answer
    from kg.query.cache import Known, Long
    from kg.query.request import Query
    from kg.web.reader import Reader

MOST_ROWS: Final = 1000
MOST_BYTES: Final = 8 * 1024 * 1024
"""A page shows no more than this; the whole answer is a format away."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer in a page: a table, or a graph as Turtle; neither where it is too long to show.

    ``permalink`` is the address of the answer, where it is not too long for a link.
    """

    table: Table | None = None
    graph: str | None = None
    hint: str | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a request, and how it is to be answered."""

    query: Query
    fmt: Format
    timeout: float


@dataclass(frozen=True, slots=True)
class Ahead:
    """What came of the query of a request, asked at ``begun`` before the request was read."""

    release: str
    begun: float
    outcome: Known | Long | Answer | Exception

    def take(self) -> Known | Long | Answer:
        """The answer. Raises what was raised in its place."""
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def close(self) -> None:
        """End the query, if it is still running."""
        close(self.outcome)


def answer_format(form: str, asked: str | None) -> Format:
    """HTML or one of the formats for the form: by short name if one is asked for, else by Accept.

    Raises UsageError for an unknown short name and NotAcceptable where nothing fits. HTML is for
    those who clearly prefer it.
    """
    offers = BY_FORM[form]
    if asked:
        return named(asked, (*offers, negotiate.HTML))
    accept = request.headers.get("Accept")
    if negotiate.prefers_html(accept, [t for offer in offers for t in offer.media_types]):
        return negotiate.HTML
    return negotiate.choose(offers, accept)


def respond(query: Query, fmt: Format, timeout: float) -> Response:
    """The query's answer: with its length where it is whole, else as it comes."""
    answer = _run(query, fmt, timeout)
    if answer.body is None:
        response = stream(answer, fmt)
    else:
        _explain(query, fmt, answer.body)
        response = Response(answer.body, content_type=fmt.content_type)
    if link := bookmark(query, site(), request.script_root, fmt):
        response.headers.add("Link", link)
    return response


def show(query: Query, timeout: float) -> Shown:
    """The query's answer for a page, at most ``MOST_BYTES`` of it."""
    here = site()
    fmt = BY_FORM[query.form][0]
    body = collect(_run(query, fmt, timeout), MOST_BYTES)
    link = permalink(query, here, request.script_root)
    if body is None:
        return Shown(permalink=link)
    hint = _explain(query, fmt, body)
    if fmt is JSON:
        return Shown(table=read(body, here.lookups, MOST_ROWS), hint=hint, permalink=link)
    return Shown(graph=body.decode(), hint=hint, permalink=link)


def ask(
    site: Site, query: Query, fmt: Format, timeout: float, client: Reader | None
) -> Known | Long | Answer:
    """Ask, for as long as the client is there. Raises as ``kg.query.cache.Answers.run`` does."""
    prefixes = {**vocab.PREFIXES, **declared(query)} if fmt in RDF_FORMATS else {}
    return site.answers.run(query, fmt, timeout=timeout, prefixes=prefixes, client=client)


def _explain(query: Query, fmt: Format, body: bytes) -> str | None:
    """Why an answer may be empty; goes into the header ``X-KG-Hint`` too."""
    hint = hints.explain(query.text, body, fmt, site().lookups)
    if hint:
        g.hint = hints.as_header(hint)
    return hint


def _run(query: Query, fmt: Format, timeout: float) -> Known | Long | Answer:
    """What was asked ahead, or else ask. The keys are gunicorn's."""
    here, environ = site(), request.environ
    environ["kg.query"] = query.text
    client: Reader | None = environ.get("gunicorn.socket")
    if canonical(query) is None:
        caching.volatile()
    if client and client.ahead and client.ahead.release == here.release.digest:
        return client.ahead.take()
    return ask(here, query, fmt, timeout, client)
