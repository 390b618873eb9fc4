"""Rows as an aligned text table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kg.query.terms import short_text

GAP: Final = "  "
NARROWEST: Final = 8
"""No column is cut below this, however narrow the terminal."""


def render(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, base: str = "", width: int | None = None
) -> str:
    """The table, with a count below it.

    ``columns`` and ``rows`` are what ``kg.query.local.terms`` gives; ``base`` is the dataset's
    base IRI. With ``width``, that of the terminal, long cells are cut to fit, and end in ``…``;
    without, nothing is ever cut.
    """
    cells = [[short_text(term, base) for term in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    if width is not None:
        widths = fit(widths, width - len(GAP) * (len(columns) - 1))
    lines = [_line(columns, widths), _line(["─" * w for w in widths], widths)]
    lines += [_line(row, widths) for row in cells]
    count = f"{len(rows)} row" + ("" if len(rows) == 1 else "s")
    return "\n".join([*lines, count]) + "\n"


def fit(widths: Sequence[int], available: int) -> list[int]:
    """Column widths that fit, taken from the widest columns first."""
    fitting = list(widths)
    while fitting and sum(fitting) > available and max(fitting) > NARROWEST:
        widest = max(fitting)
        below = max([w for w in fitting if w < widest], default=0)
        wide = [i for i, w in enumerate(fitting) if w == widest]
        needed = -(-(sum(fitting) - available) // len(wide))
        for index in wide:
            fitting[index] = max(widest - needed, below, NARROWEST)
    return fitting


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    cut = (text if len(text) <= w else text[: w - 1] + "…" for text, w in zip(cells, widths, strict=True))
    return GAP.join(text.ljust(w) for text, w in zip(cut, widths, strict=True)).rstrip()
