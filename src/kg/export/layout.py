"""Which records nest in which, read from the records' own layout table."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any, Final

from kg import resources
from kg.vocab import expand_curie


@dataclass(frozen=True, slots=True)
class Nesting:
    """``field`` of a record of class ``parent`` holds records of class ``child``.

    ``property`` leads from the parent to the child, or back to it if ``inverse``.
    """

    parent: str
    field: str
    child: str
    property: str
    inverse: bool


def _table() -> dict[str, Any]:
    return tomllib.loads(resources.layout().read_text(encoding="utf-8"))


def _nestings() -> tuple[Nesting, ...]:
    table = _table()
    return tuple(
        Nesting(
            expand_curie(parent["class"]),
            field,
            expand_curie(table[rule["type"]]["class"]),
            expand_curie(rule.get("inverse") or rule["property"]),
            "inverse" in rule,
        )
        for parent in table.values()
        for field, rule in parent.get("nested", {}).items()
    )


NESTING: Final = _nestings()
"""Every nesting, in the order of the table."""
