"""Requests that differ from an earlier one in nothing but the text of the query: the rest is not read again.

What a request asks for beside its query (format, graphs, time, coding, and whether it may ask at all) is told
by the bytes around the text and, behind a proxy, by who sends them. So where /sparql gave a whole answer,
these bytes are noted with what they came to. The next request that has them goes to the executors at once,
and its answer out under the same fields: to read a request takes several times as long as a small question.

Only the plain case is dealt with here. An error, or an answer too long to come whole, is left with the reader
(``kg.web.running.Ahead``); the request then goes the ordinary way, on which nothing is asked twice.
"""

from __future__ import annotations

import contextlib
import re
import time
from binascii import a2b_qp
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from kg.errors import KgError
from kg.query.cache import Known, Name
from kg.query.canonical import canonical
from kg.query.request import Query, parse
from kg.web import caching, citing, compress, hints, running
from kg.web.repeats import BY_SENDER, Found, Repeat, Repeats, alone

if TYPE_CHECKING:
    from kg.web.caching import Environ
    from kg.web.reader import Reader
    from kg.web.site import Site

MOST: Final = 256
"""Ways of asking that are known again; a client has one for each of its settings."""

LONGEST: Final = 8_192
"""Bytes of a head that is looked at."""

ROUTE: Final = "/sparql"

_TEXT: Final = re.compile(
    rb"(GET /sparql\?(?:[^ ?#\r\n]*&)?query=)"
    rb"((?:[A-Za-z0-9_.~!$'()*,;:@/?+=-]++|%[0-9A-Fa-f]{2})*+)(?=[& ])"
)
_OF_EACH_ANSWER: Final = frozenset(
    ("x-kg-query-id", "x-kg-hint", "link", "etag", "cache-control", "content-length", "content-encoding")
)
_NEVER: Final = ("Cache-Control", caching.NEVER)
_CONDITIONS: Final = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")
Around = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Way:
    """How a query was asked, and what stands around its answer.

    ``begun`` is the head of an answer as far as it is always the same, ``fields`` are those in it that the
    application gave; ``place`` begins its ETag, ``root`` its links; ``coding`` is how a body is compressed, a
    short one too if ``always``; ``sender`` is the only address that this holds for, or empty.
    """

    asked: running.Asked
    begun: bytes
    fields: tuple[tuple[str, str], ...]
    place: Name
    root: str
    coding: str | None
    always: bool
    sender: str


class Alike:
    """The ways of asking that are known for one release."""

    def __init__(self, site: Site, front: caching.Front, repeats: Repeats) -> None:
        """``front`` names and keeps the answers of this release; ``repeats`` are told of what came again."""
        self._site = site
        self._front = front
        self._repeats = repeats
        self._ways: OrderedDict[Around, dict[str, Way]] = OrderedDict()

    def answer(self, head: bytes, sender: str, reader: Reader) -> Found | None:
        """What answers a request, and the body; None if it is to be read.

        What was asked by then is with the reader.
        """
        if len(head) > min(LONGEST, self._site.settings.max_url) or not (parts := _split(head)):
            return None
        around, encoded = parts
        if not (ways := self._ways.get(around)):
            return None
        self._ways.move_to_end(around)
        try:
            query = parse(_decoded(encoded))
        except (KgError, UnicodeDecodeError):
            return None
        way = ways.get(query.form)
        if way is None or way.sender not in ("", sender):
            return None
        return self._ask(way, way.asked.query.with_text(query.text), head, encoded.decode(), reader)

    def note(self, head: bytes, environ: Environ, response: Any) -> None:
        """After an answer by gunicorn: ``head`` is all that was read before it, ``response`` gunicorn's."""
        asked: running.Asked | None = environ.get("kg.asked")
        if asked is None or response.status_code != 200 or any(name in environ for name in _CONDITIONS):
            return
        if not alone(head, environ) or response.should_close() or not (parts := _split(head)):
            return
        around, encoded = parts
        names = {name.lower() for name, _ in response.headers}
        if "content-length" not in names or _decoded(encoded) != asked.query.text:
            return
        accepted = parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING"), Accept)
        fields = tuple((n, v) for n, v in response.headers if n.lower() not in _OF_EACH_ANSWER)
        first = [line for line in response.default_headers() if not line.lower().startswith("date:")]
        begun = "".join((*first, *(f"{name}: {value}\r\n" for name, value in fields)))
        self._ways.setdefault(around, {})[asked.query.form] = Way(
            asked,
            begun.encode("latin-1"),
            fields,
            self._front.place(environ),
            environ.get("SCRIPT_NAME", ""),
            compress.wanted(accepted),
            compress.refuses_plain(accepted),
            environ["REMOTE_ADDR"] if BY_SENDER.search(head) else "",
        )
        self._ways.move_to_end(around)
        while len(self._ways) > MOST:
            self._ways.popitem(last=False)

    def _ask(self, way: Way, query: Query, head: bytes, encoded: str, reader: Reader) -> Found | None:
        begun = time.monotonic()
        release = self._site.release.digest
        try:
            outcome = running.ask(self._site, query, way.asked.fmt, way.asked.timeout, reader)
        except Exception as error:  # noqa: BLE001 (it is raised again where it can be answered)
            reader.ahead = running.Ahead(release, begun, error)
            return None
        with contextlib.suppress(Exception):  # whatever it is comes again where it can be answered
            if (body := outcome.body) is not None:
                again = isinstance(outcome, Known) and outcome.again
                return self._found(way, query, head, encoded, body, again)
        reader.ahead = running.Ahead(release, begun, outcome)
        return None

    def _found(self, way: Way, query: Query, head: bytes, encoded: str, body: bytes, known: bool) -> Found:
        """The whole response; what may be given again is kept."""
        lasting = canonical(query) is not None
        key = way.place.of(head[4 : head.index(b" ", 4)].decode()) if lasting else ""
        fields, body = self._own(way, query, encoded, key, body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        noted = Repeat(
            head=way.begun + lines.encode("latin-1"),
            status=200,
            path=ROUTE,
            route=ROUTE,
            cache=("hit" if known else "miss") if key else "-",
            key=key,
            sender=way.sender,
        )
        if known and key:
            self._front.keep(key, caching.Kept("200 OK", [*way.fields, *fields], body, ROUTE))
            self._repeats.keep(head, noted)
        return Found(noted, body, query.text)

    def _own(
        self, way: Way, query: Query, encoded: str, key: str, body: bytes
    ) -> tuple[caching.Headers, bytes]:
        """The fields of this answer alone, and its body as it goes out."""
        site, fmt = self._site, way.asked.fmt
        fields = [("ETag", f'"{key}"'), ("Cache-Control", self._front.lasting)] if key else [_NEVER]
        if link := citing.bookmark(query, site, way.root, fmt, encoded):
            fields.append(("Link", link))
        if hint := hints.explain(query.text, body, fmt, site.lookups):
            fields.append(("X-KG-Hint", hints.as_header(hint)))
        if way.coding and (way.always or len(body) > compress.LEAST):
            body = b"".join(compress.packed([body], way.coding))
            fields.append(("Content-Encoding", way.coding))
        fields.append(("Content-Length", str(len(body))))
        return fields, body


def _split(head: bytes) -> tuple[Around, bytes] | None:
    """What stands around the text of a query, and the text as it is encoded; None for another request."""
    if (match := _TEXT.match(head)) is None:
        return None
    return (match[1], head[match.end() :]), match[2]


def _decoded(encoded: bytes) -> str:
    """As ``kg.web.words.decode`` does. Raises UnicodeDecodeError.

    The one decoder of such escapes in the standard library that is written in C is that of quoted-printable,
    which begins them with ``=``; ``_TEXT`` has seen that each is whole.
    """
    return a2b_qp(encoded.replace(b"=", b"=3D").replace(b"+", b" ").replace(b"%", b"=")).decode()
