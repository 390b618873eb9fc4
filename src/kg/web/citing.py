"""Permalinks: the address of an answer, with the query and the release that gave it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from flask import Response, request

from kg.formats import Format
from kg.query.request import Query
from kg.web.site import site

_COMMENTS: Final = re.compile(r"\A(?:\s*#[^\n]*\n)*")
"""Those on top, where canned queries have their titles and parameters."""

LONGEST: Final = 2_000
"""A permalink that is longer goes in no header: proxies have room for some 4 kB of them."""


def permalink(query: Query, fmt: Format | None = None) -> str | None:
    """The address of this very answer, or None where it would be longer than the server reads.

    Without a format the reader's Accept decides.
    """
    here = site()
    if len(query.text) > 2 * here.settings.max_url:  # to encode a megabyte takes a tenth of a second
        return None
    words = [("query", _COMMENTS.sub("", query.text).strip())]
    words += [("default-graph-uri", iri) for iri in query.default_graphs]
    words += [("named-graph-uri", iri) for iri in query.named_graphs]
    words += [("format", fmt.name)] if fmt else []
    target = f"{request.script_root}/releases/{here.release.digest}/sparql?{urlencode(words)}"
    return target if len(target) <= here.settings.max_url else None


def cite(response: Response, query: Query, fmt: Format) -> Response:
    """Name the permalink in the answer (the relation ``bookmark`` of HTML), where it is short enough."""
    link = permalink(query, fmt)
    if link and len(link) <= LONGEST:
        response.headers.add("Link", f'<{link}>; rel="bookmark"')
    return response
