"""Older releases, opened when they are asked for: each with a store and executors of its own.

A release that is open is held against pruning. At most ``MOST`` of them are open at once; the one that was
asked least recently gives way, unless it is at work.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from kg.errors import NotFound, TooManyQueries, UsageError
from kg.query.cache import Answers
from kg.query.pool import Pool
from kg.release import CURRENT, Release, Releases
from kg.web import caching
from kg.web.lookups import Lookups

if TYPE_CHECKING:
    from kg.web.site import Site

MOST: Final = 3


@dataclass(slots=True)
class _Open:
    """A release at hand; ``users`` are the requests that have it."""

    site: Site
    pool: Pool
    holding: contextlib.ExitStack
    users: int = 0


class Archive:
    """The releases beside the one that is served, or none where that is of no store."""

    def __init__(self, releases: Releases | None) -> None:
        self.releases: Final = releases
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def use(self, name: str, current: Site) -> Iterator[Site]:
        """The site of the release that ``name`` means: a digest, its first digits, ``current``.

        ``current`` is what is served. Raises NotFound, StoreDamaged, and TooManyQueries where as many
        others are at work.
        """
        digest = self._digest(name, current.release)
        if digest == current.release.digest:
            yield current
            return
        with self._lock:
            opened = self._open.get(digest) or self._opened(digest, current)
            self._open.move_to_end(digest)
            opened.users += 1
        try:
            yield opened.site
        finally:
            with self._lock:
                opened.users -= 1

    def close(self) -> None:
        """End every executor and let go of every release."""
        with self._lock:
            while self._open:
                _shut(self._open.popitem()[1])

    def _digest(self, name: str, current: Release) -> str:
        if name == CURRENT or current.digest.startswith(name.lower()):
            return current.digest
        if self.releases is None:
            raise NotFound(f"there is no release {name!r}", hint=f"there is one: {current.digest}")
        try:
            return self.releases.find(name)
        except UsageError as error:
            raise NotFound(error.message, hint="/releases lists them") from error
        except NotFound as error:  # without the folder, for whoever asks from afar
            raise NotFound(f"no one release starts with {name!r}", hint="/releases lists them") from error

    def _opened(self, digest: str, current: Site) -> _Open:
        """Called with the lock held."""
        assert self.releases is not None
        if len(self._open) >= MOST:
            self._make_room()
        with contextlib.ExitStack() as stack:
            release = stack.enter_context(self.releases.open(digest).held())
            language = str(release.manifest["dataset"].get("language", "en"))
            pool = Pool(release.store_path, replace(current.settings, executors=1), current.metrics.ended)
            stack.callback(pool.close)
            lookups = Lookups(release.open_store(), release.base, language)
            answers = Answers(pool, current.cache, caching.scope(current.settings, digest))
            site = replace(current, release=release, pool=pool, answers=answers, lookups=lookups)
            self._open[digest] = _Open(site, pool, stack.pop_all())
        return self._open[digest]

    def _make_room(self) -> None:
        for digest, opened in self._open.items():
            if not opened.users and opened.pool.idle:
                _shut(self._open.pop(digest))
                return
        raise TooManyQueries("too many older releases are being asked", retry_after=1)


def _shut(opened: _Open) -> None:
    opened.pool.close()
    opened.holding.close()
