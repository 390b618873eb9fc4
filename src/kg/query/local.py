"""Asking in this process, without executors: for the command line and Python.

No deadline and no memory limit hold here; whoever asks can press Ctrl-C.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TextIO

from kg.formats import Format
from kg.query import engine
from kg.query.failures import explain, failure
from kg.query.request import Query, check_format
from kg.query.rows import Rows
from kg.query.table import render

if TYPE_CHECKING:
    from pyoxigraph import Store

_NOTHING: Final[Mapping[str, str]] = {}
_GRAPH_COLUMNS: Final = ("subject", "predicate", "object")


def execute(
    store: Store, query: Query, fmt: Format, out: BinaryIO, *, prefixes: Mapping[str, str] = _NOTHING
) -> None:
    """Write the answer to a binary stream; ``prefixes`` are those of an RDF document.

    Raises NotAcceptable if the form of the query has no such format, QuerySyntaxError, Refused, and
    ExecutorFailed where the engine gives the query up. What ``out`` raises goes through.
    """
    check_format(query, fmt)
    with _errors(query):
        results = _solve(store, query)
    sink = _Sink(out)
    try:
        with _errors(query):
            engine.write(results, fmt.engine, sink, prefixes)
    except Exception:
        if sink.error:
            raise sink.error from None
        raise


def rows(store: Store, query: Query) -> Rows:
    """The answer as dicts of Python values (``kg.query.terms``); None where unbound.

    ASK gives one row with the column ``answer``; a graph gives the columns subject, predicate and
    object. Raises as ``execute`` does.
    """
    return Rows.of(query.form, *terms(store, query))


def terms(store: Store, query: Query) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The answer as column names and rows of pyoxigraph terms (a bool for ASK). Raises as ``execute``."""
    with _errors(query):
        results = _solve(store, query)
        if query.form == "ASK":
            return ["answer"], [(bool(results),)]
        if query.form == "SELECT":
            columns = [variable.value for variable in results.variables]
            return columns, [tuple(solution[name] for name in columns) for solution in results]
        return list(_GRAPH_COLUMNS), [(t.subject, t.predicate, t.object) for t in results]


def table(store: Store, query: Query, out: TextIO, *, base: str = "") -> None:
    """Write the answer as an aligned table; cells are cut only to fit a terminal. Raises as ``execute``."""
    columns, found = terms(store, query)
    width = shutil.get_terminal_size().columns if out.isatty() else None
    out.write(render(columns, found, base=base, width=width))


def _solve(store: Store, query: Query) -> Any:
    return engine.solve(
        store,
        query.text,
        prefixes=dict(query.prefixes),
        default_graphs=query.default_graphs,
        named_graphs=query.named_graphs,
        base=query.base,
        service_allow=query.service_allow,
    )


class _Sink:
    """Passes bytes on, and remembers what the stream raised: the engine wraps it in an OSError."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.error: OSError | None = None

    def write(self, chunk: bytes) -> int:
        try:
            self._out.write(chunk)
        except OSError as error:
            self.error = error
            raise
        return len(chunk)

    def flush(self) -> None:
        """The caller flushes its own stream."""


@contextmanager
def _errors(query: Query) -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        raise explain(query, str(error)) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise failure(str(error), query) from error
