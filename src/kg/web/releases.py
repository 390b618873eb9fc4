"""/releases: what there is to cite, and an endpoint for each release while it is kept."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, json, request, url_for

from kg.errors import KgError
from kg.web import caching, negotiate, sparql
from kg.web.site import site

bp = Blueprint("releases", __name__)


@bp.get("/releases")
def index() -> Response:
    """The releases that are kept, the latest built first."""
    negotiate.choose([negotiate.DOCUMENT], request.headers.get("Accept"))
    return _json({"releases": [about(digest) for digest in kept()]})


@bp.get("/releases/<name>")
def one(name: str) -> Response:
    """One release."""
    negotiate.choose([negotiate.DOCUMENT], request.headers.get("Accept"))
    with site().archive.use(name, site()) as chosen:
        return _json(about(chosen.release.digest))


@bp.route("/releases/<name>/sparql", methods=["GET", "POST"])
def ask(name: str) -> Response | str:
    """/sparql of this release: a link here gives the same answer for as long as the release is kept."""
    using = site().archive.use(name, site())
    g.site = using.__enter__()
    g.using = using
    return sparql.sparql()


@bp.teardown_request
def let_go(_: BaseException | None) -> None:
    """Give back the release; an answer that still streams holds its executor, and that the pool."""
    if using := g.pop("using", None):
        using.__exit__(None, None, None)


def kept() -> list[str]:
    """The digests of the releases, the latest built first."""
    here = site()
    releases = here.archive.releases
    return list(releases.digests()) if releases else [here.release.digest]


def about(digest: str) -> dict[str, Any]:
    """What is known of a release: digest, version, when it was built, whether it is current, its endpoint."""
    here = site()
    releases = here.archive.releases
    row: dict[str, Any] = {
        "digest": digest,
        "current": digest == here.release.digest,
        "built": releases.built_at(digest) if releases else None,
        "version": None,
        "sparql": url_for("releases.ask", name=digest, _external=True),
    }
    try:
        release = releases.open(digest) if releases else here.release
    except KgError as error:  # damaged, or pruned since: it is listed, and says so
        return {**row, "fault": error.title}
    triples = release.manifest["counts"].get("totals", {}).get("triples")
    return {**row, "version": release.version or None, "triples": triples}


def _json(body: dict[str, Any]) -> Response:
    caching.volatile()  # releases come and go
    return Response(json.dumps(body, ensure_ascii=False) + "\n", content_type="application/json")
