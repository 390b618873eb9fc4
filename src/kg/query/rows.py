"""Rows of an answer as Python values, as a data frame, and as an rdflib graph where they are one.

pandas and rdflib are loaded when they are asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from kg.errors import EnvironmentFault, UsageError
from kg.query.terms import python_value

if TYPE_CHECKING:
    import rdflib


class Rows(list[dict[str, Any]]):
    """Rows as dicts of Python values: a list like any other. It stays valid when the graph is closed.

    ``columns`` names the columns, also where there are no rows. As with rdflib's results, the truth of an
    ASK is its answer, that of anything else whether there are rows.
    """

    def __init__(
        self,
        rows: Iterable[dict[str, Any]],
        columns: Iterable[str],
        form: str = "SELECT",
        triples: Sequence[tuple[Any, ...]] = (),
    ) -> None:
        super().__init__(rows)
        self.columns: Final = tuple(columns)
        self.form: Final = form
        self._triples: Final = triples

    @classmethod
    def of(cls, form: str, columns: Sequence[str], found: Sequence[tuple[Any, ...]]) -> Rows:
        """The answer to a query of this form, from rows of pyoxigraph terms (``kg.query.local.terms``)."""
        rows = (dict(zip(columns, map(python_value, row), strict=True)) for row in found)
        return cls(rows, columns, form, () if form in ("SELECT", "ASK") else found)

    @cached_property
    def graph(self) -> rdflib.Graph:
        """The answer of CONSTRUCT or DESCRIBE as an rdflib Graph, with languages and datatypes.

        Raises UsageError for the answer of another form.
        """
        if self.form in ("SELECT", "ASK"):
            raise UsageError(f"the answer of {self.form} is no graph", hint="ask with CONSTRUCT or DESCRIBE")
        import pyoxigraph
        import rdflib

        triples = (pyoxigraph.Triple(*row) for row in self._triples)
        lines = pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES) or b""
        return rdflib.Graph().parse(data=lines, format="ntriples")

    def to_pandas(self) -> Any:
        """The rows as a pandas DataFrame, with a type for each column that allows missing values.

        Texts and IRIs are ``string``, integers ``Int64``, other numbers ``Float64``, booleans ``boolean``,
        days and times ``datetime64``; a column of several kinds, or without a value, is ``object``.
        Raises EnvironmentFault if pandas is not installed.
        """
        try:
            pandas = importlib.import_module("pandas")
        except ModuleNotFoundError as error:
            raise EnvironmentFault("pandas is not installed", hint="pip install pandas") from error
        columns = {name: _column([row.get(name) for row in self], pandas) for name in self.columns}
        return pandas.DataFrame(columns, index=range(len(self)), columns=list(self.columns))

    def __bool__(self) -> bool:
        return bool(self[0]["answer"]) if self.form == "ASK" and len(self) else len(self) > 0


def _column(values: list[Any], pandas: Any) -> Any:
    """A Series of the one type that the values have, or of ``object``."""
    kinds = {type(value) for value in values if value is not None}
    for types, make in _SERIES:
        if kinds and kinds <= types:
            try:
                return make(values, pandas)
            except (ValueError, OverflowError, TypeError):  # beyond what the type holds
                break
    return pandas.Series(values, dtype="object")


def _times(values: list[Any], pandas: Any) -> Any:
    """Times all with a zone, in UTC, or all without. Raises ValueError or TypeError where both occur."""
    zoned = any(value is not None and value.tzinfo for value in values)
    if zoned and any(value is not None and not value.tzinfo for value in values):
        raise ValueError("times with and without a zone")
    return pandas.Series(values, dtype="datetime64[us, UTC]" if zoned else "datetime64[us]")


def _numbers(values: list[Any], pandas: Any) -> Any:
    return pandas.Series([None if value is None else float(value) for value in values], dtype="Float64")


def _as(dtype: str) -> Callable[[list[Any], Any], Any]:
    return lambda values, pandas: pandas.Series(values, dtype=dtype)


_SERIES: Final[tuple[tuple[set[type], Callable[[list[Any], Any], Any]], ...]] = (
    ({str}, _as("string")),
    ({int}, _as("Int64")),
    ({int, float, Decimal}, _numbers),
    ({bool}, _as("boolean")),
    ({date}, _as("datetime64[s]")),  # seconds: the nanoseconds of pandas 2 end in 2262
    ({datetime}, _times),
)
