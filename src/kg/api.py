"""The Python way in: ``kg.open()`` gives a Graph to ask.

    import kg
    with kg.open() as graph:
        for row in graph.query("SELECT ?event WHERE { ?event a pac:Event }"):
            print(row["event"])

Importing this module is cheap; rdflib is loaded when ``Graph.dataset`` is first asked for, pandas
when ``Rows.to_pandas`` is.
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from kg import formats, vocab
from kg.errors import UsageError
from kg.query import catalog, entities, local, request
from kg.query.rows import Rows
from kg.release import CURRENT, Release, Releases
from kg.settings import Settings

if TYPE_CHECKING:
    from pyoxigraph import Store
    from rdflib import Dataset

__all__ = ["Graph", "Rows", "open"]

_MANIFEST: Final = "manifest.json"


class Graph:
    """One release, open for reading. Close it, or use it in a ``with`` statement.

    Threads may share it for ``query`` and ``export``; an rdflib Dataset (``dataset``) is for one thread.
    """

    def __init__(self, release: Release) -> None:
        self.release: Final = release
        self._holding = contextlib.ExitStack()
        self._holding.enter_context(release.held())
        self._opened: Store | None = release.open_store()

    def query(self, query: str | Path, /, **params: object) -> Rows:
        """Ask in SPARQL, or by the name or the file (``….rq``) of a canned query with its parameters.

        The common prefixes (``kg.vocab.PREFIXES``) need no declaration; a parameter that is None is not
        given. A row maps each column to a Python value or None; ASK gives one row with the column
        ``answer``, a graph the columns subject, predicate and object (``kg.query.rows`` says more).
        All rows are held in memory. Raises QuerySyntaxError, Refused, NotFound for an unknown name or
        file, ParameterError, and UsageError for what is no text and for a closed graph.
        """
        store = self._store
        values = {name: _written(value) for name, value in params.items() if value is not None}
        canned = catalog.meant(_text(query))
        text = canned.bind(values, self.release.base)
        entities.check(canned, values, store, self.release.base)
        parsed = request.parse(text, prefixes=vocab.PREFIXES)
        return local.rows(store, parsed)

    @cached_property
    def dataset(self) -> Dataset:
        """An rdflib Dataset over the same store. It can be read only; its default graph is the merge.

        It knows the common prefixes. docs/python.md tells where rdflib's ways differ from ``query``'s.
        """
        import oxrdflib
        import rdflib

        store = oxrdflib.OxigraphStore(store=self._store)
        dataset = rdflib.Dataset(store=store)
        for prefix, namespace in vocab.PREFIXES.items():
            dataset.bind(prefix, namespace, replace=True)
        return dataset

    def export(self, path: str | Path) -> None:
        """Write the whole release to a file; the extension says the format (``.ttl``, ``.nq``, …).

        Raises UsageError for an extension that is none of the six formats'.
        """
        from kg import export

        target = Path(path)
        if not target.suffix:
            raise UsageError(f"{target} has no extension to tell the format", hint="for example graph.ttl")
        fmt = formats.named(target.suffix[1:], formats.RDF_FORMATS)
        export.to_file(target, self._store, fmt, base=self.release.base)

    def close(self) -> None:
        """Let go of the store. May be called more than once; let other threads finish first."""
        self.__dict__.pop("dataset", None)
        self._opened = None
        self._holding.close()

    def _require_open(self) -> Store:
        if self._opened is None:
            raise UsageError("the graph is closed", hint="open it again with kg.open()")
        return self._opened

    @property
    def _store(self) -> Store:
        return self._require_open()

    def __enter__(self) -> Graph:
        """Raises UsageError for a closed graph."""
        self._require_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Graph of release {self.release.digest[:12]}>"


def open(path: str | Path | None = None, dataset: str | Path | None = None, release: str = CURRENT) -> Graph:
    """A release of a dataset, or the release in a folder.

    ``path`` is a store (default: as the settings say) or the folder of one release; ``dataset`` a
    name, in the store or bundled, or a folder (default: the bundled dataset); ``release`` a digest, its
    first digits, ``current`` or ``previous``. Raises NoRelease, StoreDamaged, NotFound for a dataset or a
    release that is not there, and UsageError for what can name no release.
    """
    if not isinstance(release, str):
        raise UsageError(
            f"a release is named by a text, not by {release!r}",
            hint="a digest or its first digits, 'current' or 'previous'",
        )
    if path is not None and (Path(path) / _MANIFEST).is_file():
        if release != CURRENT:
            raise UsageError(
                f"{path} is the folder of one release, so release={release!r} cannot be chosen in it",
                hint="name the store's folder, or leave release out",
            )
        return Graph(Release.open(Path(path)))
    store = Settings.load().store if path is None else Path(path)
    return Graph(Releases.of(store, dataset).open(release))


def _text(query: object) -> str:
    """A query as it was given, or the path of its file."""
    if isinstance(query, str | Path):
        return str(query) or " "  # the empty text is an empty query, not a query of no name
    raise UsageError(
        f"a query is a text, not {type(query).__name__}",
        hint="SPARQL, or the name or the file of a canned query",
    )


def _written(value: object) -> str:
    """A parameter's value as a person would write it: a pandas Timestamp at midnight is a day."""
    return str(value).removesuffix(" 00:00:00") if isinstance(value, datetime) else str(value)
