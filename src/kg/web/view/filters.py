"""What every template may use."""

from __future__ import annotations

from typing import Any

from flask import Flask

from kg.export.prose import spans
from kg.web.lookups import spaced
from kg.web.site import site


def install(app: Flask) -> None:
    """Give the templates ``dataset`` and ``digest`` of what is asked, and the filters for IRIs."""
    app.context_processor(_asked)
    app.jinja_env.filters.update(
        label=lambda iri: site().lookups.label(iri),
        href=lambda iri: site().links.href(iri),
        spaced=spaced,
        spans=spans,
    )


def _asked() -> dict[str, Any]:
    release = site().release
    return {"dataset": release.manifest["dataset"], "digest": release.digest}
