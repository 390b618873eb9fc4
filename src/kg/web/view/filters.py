"""What every template may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from kg.export.prose import spans
from kg.web.lookups import spaced
from kg.web.site import site


def install(app: Flask, dataset: Mapping[str, Any], digest: str) -> None:
    """Give the templates ``dataset``, ``digest``, and the filters ``label`` and ``href`` for IRIs."""
    app.jinja_env.globals.update(dataset=dataset, digest=digest)
    app.jinja_env.filters.update(
        label=lambda iri: site().lookups.label(iri),
        href=lambda iri: site().links.href(iri),
        spaced=spaced,
        spans=spans,
    )
