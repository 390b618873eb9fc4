"""What the views share: one frozen value under ``app.extensions["kg"]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, g

from kg.settings import Settings
from kg.web.archive import Archive
from kg.web.links import Links
from kg.web.lookups import Lookups

if TYPE_CHECKING:
    from kg.query.cache import Answers, Cache
    from kg.query.catalog import Catalog
    from kg.query.pool import Pool
    from kg.release import Release
    from kg.web.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Site:
    """One release, served: everything that a view needs."""

    settings: Settings
    release: Release
    pool: Pool
    catalog: Catalog
    lookups: Lookups
    links: Links
    archive: Archive
    cache: Cache
    answers: Answers
    metrics: Metrics


def site() -> Site:
    """What this request asks: the release that is served, or the older one that its address names."""
    return cast(Site, g.get("site") or current_app.extensions["kg"])
