"""Permalinks: the address of an answer, with the query and the release that gave it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote_plus, urlencode

from kg.formats import Format
from kg.query.request import Query
from kg.web.site import Site

_COMMENTS: Final = re.compile(r"\A(?:\s*#[^\n]*\n)*")
"""Those on top, where canned queries have their titles and parameters."""

LONGEST: Final = 2_000
"""A permalink that is longer goes in no header: proxies have room for some 4 kB of them."""


def permalink(
    query: Query, site: Site, root: str, fmt: Format | None = None, encoded: str | None = None
) -> str | None:
    """The address of this very answer, or None where it would be longer than the server reads.

    ``root`` is the path below which the server answers. Without a format the reader's Accept decides.
    ``encoded`` is the query's text as it came in a URL, where it did: to encode it takes a while.
    """
    if len(query.text) > 2 * site.settings.max_url:  # to encode a megabyte takes a tenth of a second
        return None
    text = _COMMENTS.sub("", query.text).strip()
    if encoded is None or text != query.text:
        encoded = quote_plus(text)
    words = [("default-graph-uri", iri) for iri in query.default_graphs]
    words += [("named-graph-uri", iri) for iri in query.named_graphs]
    further = (f"&{urlencode(words)}" if words else "") + (f"&format={fmt.name}" if fmt else "")
    target = f"{root}/releases/{site.release.digest}/sparql?query={encoded}{further}"
    return target if len(target) <= site.settings.max_url else None


def bookmark(query: Query, site: Site, root: str, fmt: Format, encoded: str | None = None) -> str | None:
    """The permalink as a header says it (the relation ``bookmark`` of HTML), where it is short enough."""
    link = permalink(query, site, root, fmt, encoded)
    return f'<{link}>; rel="bookmark"' if link and len(link) <= LONGEST else None
