"""The application factory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from kg.query.cache import Answers, Cache
from kg.release import Release, Releases
from kg.settings import Settings
from kg.web import (
    caching,
    catalogue,
    compress,
    door,
    dumps,
    entities,
    errors,
    graphs,
    headers,
    openapi,
    ops,
    pages,
    queries,
    releases,
    search,
    sparql,
    vocabulary,
)
from kg.web.archive import Archive
from kg.web.links import Links
from kg.web.lookups import Lookups
from kg.web.metrics import Metrics
from kg.web.site import Site
from kg.web.view import filters

if TYPE_CHECKING:
    from kg.query.catalog import Catalog
    from kg.query.pool import Pool

BLUEPRINTS = (
    pages.bp,
    sparql.bp,
    graphs.bp,
    releases.bp,
    catalogue.bp,
    queries.bp,
    search.bp,
    entities.bp,
    vocabulary.bp,
    dumps.bp,
    openapi.bp,
    ops.bp,
)


def create_app(
    settings: Settings,
    release: Release,
    pool: Pool,
    catalog: Catalog,
    *,
    cache: Cache | None = None,
    metrics: Metrics | None = None,
) -> Flask:
    """A WSGI application that serves one release, to all who ask: the token is asked for before it.

    Call it in the process that will serve: it opens the release's store. The pool is the
    caller's to close, and so is the archive (``app.extensions["kg"].archive``); cache and metrics may be
    shared with the application of another release.
    Raises StoreDamaged if the store cannot be opened.
    """
    app = Flask("kg.web")
    app.url_map.strict_slashes = False
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    dataset = release.manifest["dataset"]
    lookups = Lookups(release.open_store(), release.base, str(dataset.get("language", "en")))
    cache = Cache(settings.cache) if cache is None else cache
    answers = Answers(pool, cache, caching.scope(settings, release.digest))
    archive = Archive(Releases.beside(release))
    app.extensions["kg"] = Site(
        settings,
        release,
        pool,
        catalog,
        lookups,
        Links(release.base),
        archive,
        cache,
        answers,
        metrics or Metrics(),
    )
    compress.install(app)
    errors.install(app)
    caching.install(app, bool(settings.token))
    headers.install(app, settings, release.digest)
    door.install(app, settings)
    filters.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
