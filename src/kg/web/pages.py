"""/: what this is, how to ask it and how to take it home."""

from __future__ import annotations

from itertools import islice
from typing import Final

from flask import Blueprint, render_template, request

from kg import vocab
from kg.export import prose
from kg.formats import RDF_FORMATS
from kg.web import negotiate
from kg.web.queries import by_audience
from kg.web.site import Site, site
from kg.web.view.timeline import timeline

bp = Blueprint("pages", __name__)

SHOWN: Final = (
    ("Events", "pac:Event"),
    ("People", "foaf:Person"),
    ("Organisations", "org:Organization", "org:OrganizationalUnit", "pac:State"),
    ("Posts", "org:Post"),
    ("Places", "pac:Place"),
    ("Statements", "pac:Statement"),
    ("Commitments", "pac:Commitment"),
    ("Articles", "pac:Article"),
    ("Passages", "pac:Passage"),
)
EXAMPLES: Final = 8
ARTICLES: Final = 50


@bp.get("/")
def home() -> str:
    """The home page."""
    negotiate.choose([negotiate.HTML], request.headers.get("Accept"))
    here = site()
    counted = here.release.manifest.get("counts", {}).get("classes", {})
    shown = {name: classes for name, *classes in SHOWN}
    examples = {
        name: _some(here, *shown[name]) for name in ("People", "Organisations", "Places", "Commitments")
    }
    return render_template(
        "home.html",
        numbers={name: sum(counted.get(c, 0) for c in classes) for name, classes in shown.items()},
        groups=by_audience(),
        timeline=timeline(here.lookups),
        articles=_articles(here),
        examples=examples,
        formats=RDF_FORMATS,
    )


def _articles(here: Site) -> list[tuple[str, str, str]]:
    """IRI, title and date of each article, in the order of the source."""
    found = islice(prose.articles(here.lookups.store), ARTICLES)
    issued = vocab.DCTERMS + "issued"
    return [(iri, here.lookups.label(iri), here.lookups.text(iri, issued) or "") for iri in found]


def _some(here: Site, *classes: str) -> list[tuple[str, str]]:
    """A few things that are asserted to be of one of these classes, by label."""
    found = {
        pair for cls in classes for pair in here.lookups.instances(vocab.expand_curie(cls), asserted=True)
    }
    return sorted(found, key=lambda pair: pair[1].casefold())[:EXAMPLES]
