"""SPARQL-based constraints (SHACL section 5) as set queries.

The pattern of the shape's targets is put in front of the constraint's own, so that one query finds
every focus node at once, where a stock processor asks once for each node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from kg.build.data import Data
from kg.build.report import SEVERITIES, Result, written
from kg.build.shapes import Shapes, every
from kg.errors import EnvironmentFault
from kg.findings import Severity
from kg.vocab import SH

_COMPONENT: Final = SH + "SPARQLConstraintComponent"
_BODY: Final = re.compile(r"\bWHERE\s*\{", re.IGNORECASE)
_SLOT: Final = re.compile(r"\{[?$](\w+)\}")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A SPARQL-based constraint with what its results take from its shape."""

    name: str
    shape: str
    severity: Severity
    message: str
    query: str


def constraints(shapes: Shapes, data: Data) -> Iterator[Constraint]:
    """The constraints of the shapes that are not switched off, in a fixed order.

    Raises EnvironmentFault for one that cannot run as a set query.
    """
    for quad in shapes.with_("sparql"):
        shape, node = quad.subject, quad.object
        if shapes.switched_off(shape) or shapes.switched_off(node):
            continue
        severity = shapes.one(shape, "severity", SH + "Violation")
        message = shapes.one(node, "message") or shapes.one(shape, "message")
        select = _with_targets(shapes.one(node, "select"), shapes.targets(shape, data), written(node))
        query = _prefixes(shapes, node) + select
        yield Constraint(written(node), written(shape), SEVERITIES[severity], message, query)


def _with_targets(select: str, targets: list[str], name: str) -> str:
    query, changed = _BODY.subn(lambda found: f"{found[0]} {every(targets)} ", select, count=1)
    if not changed or not targets:
        raise EnvironmentFault(
            f"the constraint {name} cannot run as a set query",
            hint="write its query as SELECT … WHERE {…} and give its shape a target",
        )
    return query


def _prefixes(shapes: Shapes, constraint: Any) -> str:
    """The PREFIX lines that sh:prefixes stands for (SHACL section 5.2.1)."""
    declared = {
        (shapes.one(node, "prefix"), shapes.one(node, "namespace"))
        for vocabulary in shapes.all(constraint, "prefixes")
        for node in shapes.all(vocabulary, "declare")
    }
    return "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in sorted(declared))


def results(data: Data, constraint: Constraint) -> list[Result]:
    """What one constraint finds. Raises EnvironmentFault if its query does not parse."""
    rows = data.rows(constraint.query, f"the query of {constraint.name}")
    return [_result(constraint, row) for row in rows]


def _result(constraint: Constraint, row: dict[str, Any]) -> Result:
    path = row.get("path")
    return Result(
        focus=written(row["this"]),
        path=written(path) if path else None,
        value=written(row.get("value", row["this"])),
        severity=constraint.severity,
        message=fill(constraint.message, row),
        source_shape=constraint.shape,
        source_constraint=constraint.name,
        component=_COMPONENT,
    )


def fill(message: str, row: dict[str, Any]) -> str:
    """The message with ``{?name}`` replaced by what the solution has for it (SHACL section 5.3.2)."""
    return _SLOT.sub(lambda slot: row[slot[1]].value if slot[1] in row else slot[0], message)
