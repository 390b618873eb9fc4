"""/: what this is, how to ask it and how to take it home."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template, request

from kg.formats import RDF_FORMATS
from kg.web import negotiate
from kg.web.queries import by_audience
from kg.web.site import site
from kg.web.view.overview import overview

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


@bp.get("/")
def home() -> str:
    """The home page."""
    negotiate.choose([negotiate.HTML], request.headers.get("Accept"))
    here = site()
    counted = here.release.manifest.get("counts", {}).get("classes", {})
    shown = {name: classes for name, *classes in SHOWN}
    return render_template(
        "home.html",
        numbers={name: sum(counted.get(c, 0) for c in classes) for name, classes in shown.items()},
        groups=by_audience(),
        overview=overview(here.lookups),
        formats=RDF_FORMATS,
    )
