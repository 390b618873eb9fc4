"""Rows of an answer, and the data frame that they become."""

from __future__ import annotations

import datetime
import subprocess
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import pyoxigraph
import pytest

from kg.query.rows import Rows

UTC = datetime.UTC
BAKU = datetime.timezone(datetime.timedelta(hours=4))


def column(*values: Any) -> Any:
    return Rows([{"x": value} for value in values], ["x"]).to_pandas()["x"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (("a", None), "string"),
        ((1, 2), "Int64"),
        ((1, None), "Int64"),
        ((1, Decimal("2.5"), 1e3, None), "Float64"),
        ((True, None), "boolean"),
        ((date(2021, 1, 13), None), "datetime64[s]"),
        ((date.min, date.max), "datetime64[s]"),
        ((datetime.datetime(2021, 1, 13, 9, 30), None), "datetime64[us]"),
        ((datetime.datetime(2021, 1, 13, tzinfo=UTC), None), "datetime64[us, UTC]"),
        (
            (datetime.datetime(2021, 1, 13, tzinfo=BAKU), datetime.datetime(2021, 1, 13, tzinfo=UTC)),
            "datetime64[us, UTC]",
        ),
    ],
)
def test_a_column_has_the_type_of_its_values(values: tuple[Any, ...], dtype: str) -> None:
    made = column(*values)
    assert made.dtype == dtype
    assert list(made.isna()) == [value is None for value in values]


@pytest.mark.parametrize(
    "values",
    [
        (date(2021, 1, 13), "1991"),
        (date(2021, 1, 13), datetime.datetime(2021, 1, 13)),
        (datetime.datetime(2021, 1, 13), datetime.datetime(2021, 1, 13, tzinfo=UTC)),
        (True, 1),
        (2**70, 1),
        (None, None),
    ],
)
def test_a_column_that_no_type_holds_keeps_its_values(values: tuple[Any, ...]) -> None:
    made = column(*values)
    assert made.dtype == "object"
    assert made.tolist() == list(values)


def test_times_with_zones_are_the_same_instants() -> None:
    assert column(datetime.datetime(2021, 1, 13, 4, tzinfo=BAKU))[0] == datetime.datetime(
        2021, 1, 13, tzinfo=UTC
    )


def test_an_empty_answer_keeps_its_columns() -> None:
    frame = Rows([], ["a", "b"]).to_pandas()
    assert list(frame.columns) == ["a", "b"]
    assert frame.empty


def test_rows_without_columns_are_still_rows() -> None:
    assert Rows([{}, {}], []).to_pandas().shape == (2, 0)


def test_terms_become_values_of_the_types_that_pandas_knows() -> None:
    literal, xsd = pyoxigraph.Literal, "http://www.w3.org/2001/XMLSchema#"
    terms = [
        pyoxigraph.NamedNode("https://example.org/x"),
        literal("text", language="en"),
        literal("2021-01-13", datatype=pyoxigraph.NamedNode(xsd + "date")),
        literal("1991", datatype=pyoxigraph.NamedNode(xsd + "gYear")),
        literal("2.50", datatype=pyoxigraph.NamedNode(xsd + "decimal")),
        None,
    ]
    rows = Rows.of("SELECT", ["iri", "text", "day", "year", "share", "open"], [tuple(terms)])
    assert [str(dtype) for dtype in rows.to_pandas().dtypes] == [
        *("string", "string", "datetime64[s]", "string", "Float64", "object")
    ]
    assert rows[0]["share"] == Decimal("2.50")


def test_without_pandas_a_data_frame_is_refused_with_the_remedy() -> None:
    code = """
import sys
sys.modules["pandas"] = None
from kg.errors import EnvironmentFault
from kg.query.rows import Rows
try:
    Rows([], []).to_pandas()
except EnvironmentFault as error:
    print(error.message, "|", error.hint)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "pandas is not installed | pip install pandas\n"
