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
import importlib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from kg import formats, vocab
from kg.errors import EnvironmentFault, UsageError
from kg.query import catalog, entities, local, request
from kg.release import CURRENT, Release, Releases
from kg.settings import Settings

if TYPE_CHECKING:
    from pyoxigraph import Store
    from rdflib import Dataset

__all__ = ["Graph", "Rows", "open"]

_MANIFEST: Final = "manifest.json"


class Rows(list[dict[str, Any]]):
    """Rows as dicts of Python values: a list like any other, and a data frame on request."""

    def __init__(self, rows: Iterable[dict[str, Any]], columns: Iterable[str]) -> None:
        super().__init__(rows)
        self.columns: Final = tuple(columns)

    def to_pandas(self) -> Any:
        """The rows as a pandas DataFrame. Raises EnvironmentFault if pandas is not installed."""
        try:
            pandas = importlib.import_module("pandas")
        except ModuleNotFoundError as error:
            raise EnvironmentFault("pandas is not installed", hint="pip install pandas") from error
        return pandas.DataFrame(list(self), columns=list(self.columns))


class Graph:
    """One release, open for reading. Close it, or use it in a ``with`` statement."""

    def __init__(self, release: Release) -> None:
        self.release: Final = release
        self._holding = contextlib.ExitStack()
        self._holding.enter_context(release.held())
        self._opened: Store | None = release.open_store()

    def query(self, query: str, **params: object) -> Rows:
        """Ask in SPARQL, or by the name or the file (``….rq``) of a canned query with its parameters.

        The common prefixes (``kg.vocab.PREFIXES``) need no declaration. A row maps each column to
        a Python value or None; ASK gives one row with the column ``answer``, a graph the columns
        subject, predicate and object. Raises QuerySyntaxError, Refused, NotFound for an unknown
        name or file, ParameterError.
        """
        values = {name: str(value) for name, value in params.items()}
        canned = catalog.meant(query)
        text = canned.bind(values, self.release.base)
        entities.check(canned, values, self._store, self.release.base)
        parsed = request.parse(text, prefixes=vocab.PREFIXES)
        columns, found = local.rows(self._store, parsed)
        return Rows(found, columns)

    @cached_property
    def dataset(self) -> Dataset:
        """An rdflib Dataset over the same store. It can be read only; its default graph is the merge."""
        import oxrdflib
        import rdflib

        return rdflib.Dataset(store=oxrdflib.OxigraphStore(store=self._store))

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
        """Let go of the store. May be called more than once."""
        self.__dict__.pop("dataset", None)
        self._opened = None
        self._holding.close()

    @property
    def _store(self) -> Store:
        if self._opened is None:
            raise UsageError("the graph is closed", hint="open it again with kg.open()")
        return self._opened

    def __enter__(self) -> Graph:
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
    name or folder (default: the bundled dataset); ``release`` a digest, its first digits, ``current``
    or ``previous``. Raises NoRelease, StoreDamaged, NotFound.
    """
    if path is not None and (Path(path) / _MANIFEST).is_file():
        return Graph(Release.open(Path(path)))
    from kg.records import dataset as datasets

    store = Settings.load().store if path is None else Path(path)
    return Graph(Releases(store, datasets.find(dataset).name).open(release))
