"""/health, /ready, /version, /metrics and /problems: for those who run or program against the server."""

from __future__ import annotations

import platform
from importlib.metadata import version

from flask import Blueprint, Response, json, render_template, request

from kg import __version__
from kg.query.failures import gone
from kg.web import caching, metrics, negotiate
from kg.web.errors import kinds, slug
from kg.web.site import site

bp = Blueprint("ops", __name__)


@bp.get("/health")
def health() -> Response:
    """Liveness: the process answers."""
    return _json({"status": "ok"})


@bp.get("/ready")
def ready() -> Response:
    """Readiness: a release is open, and which. 503 if its folder is gone: no executor can be started then."""
    release = site().release
    if not release.store_path.is_dir():
        raise gone()
    dataset = release.manifest["dataset"]["name"]
    return _json({"status": "ready", "dataset": dataset, "release": release.digest})


@bp.get("/version")
def versions() -> Response:
    """The versions of what answers here."""
    release = site().release
    return _json(
        {
            "kg": __version__,
            "pyoxigraph": version("pyoxigraph"),
            "python": platform.python_version(),
            "dataset": release.manifest["dataset"].get("version"),
            "release": release.digest,
        }
    )


@bp.get("/metrics")
def numbers() -> Response:
    """Counters and gauges for Prometheus."""
    caching.volatile()
    return Response(metrics.exposition(site()), content_type=metrics.CONTENT_TYPE)


@bp.get("/problems")
def problems() -> str:
    """What each problem type means: the pages that ``type`` in problem details points to."""
    negotiate.choose([negotiate.HTML], request.headers.get("Accept"))
    rows = [(slug(k), k.title, k.http_status, (k.__doc__ or "").partition("\n")[0]) for k in kinds()]
    return render_template("problems.html", rows=rows)


def _json(body: dict[str, object]) -> Response:
    negotiate.choose([negotiate.DOCUMENT], request.headers.get("Accept"))
    caching.volatile()
    return Response(json.dumps(body, ensure_ascii=False) + "\n", content_type="application/json")
