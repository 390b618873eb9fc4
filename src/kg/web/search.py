"""/search: things by their names, in spite of spelling."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from flask import Blueprint, Response, json, render_template, request

from kg.errors import ParameterError
from kg.formats import named
from kg.web import names, negotiate, words
from kg.web.site import site

bp = Blueprint("search", __name__)

LONGEST: Final = 200
"""Characters of a search."""

SHOWN: Final = 20
MOST: Final = 100


@bp.get("/search")
def search() -> Response | str:
    """What is called ``q``, as a page or as JSON; the best first, at most ``limit``."""
    pairs = words.in_url()
    offers = (negotiate.DOCUMENT, negotiate.HTML)
    asked = words.once(pairs, "format")
    fmt = named(asked, offers) if asked else negotiate.choose(offers, request.headers.get("Accept"))
    text = (words.once(pairs, "q") or "").strip()
    if len(text) > LONGEST:
        raise ParameterError("q", f"q has more than {LONGEST} characters", hint="a name, or a part of one")
    limit = _limit(words.once(pairs, "limit"))
    if fmt is negotiate.HTML:
        return render_template("search.html", text=text, found=_found(text, limit) if text else None)
    if not text:
        raise ParameterError("q", "there is nothing to search for", hint="/search?q=aliyev")
    body = {"query": text, "results": _found(text, limit)}
    return Response(json.dumps(body, ensure_ascii=False) + "\n", content_type="application/json")


def _found(text: str, limit: int) -> list[dict[str, Any]]:
    here = site()
    hits = names.of(here.lookups).search(text)
    # Of those that fit as well, the dataset's own things go before concepts and terms.
    hits.sort(key=lambda hit: (-hit.score, not hit.iri.startswith(here.links.base + "id/")))
    alive = (hit for hit in hits if not here.lookups.replaced_by(hit.iri))
    return [
        {
            "id": hit.iri,
            "label": here.lookups.label(hit.iri),
            "name": hit.name,
            "score": hit.score,
            "types": here.lookups.types(hit.iri),
            "path": here.links.path(hit.iri),
        }
        for hit in islice(alive, limit)
    ]


def _limit(text: str | None) -> int:
    if not text:
        return SHOWN
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MOST):
        raise ParameterError("limit", f"limit={text!r} is no number from 1 to {MOST}", hint=f"limit={SHOWN}")
    return int(text)
