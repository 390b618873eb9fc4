"""The SHACL gate: asserted data in, every validation result out.

Core constraints are screened on the Oxigraph store, and pyshacl judges only the nodes that may
break one (``core``). SPARQL-based constraints run as set queries on the store (``sets``). That both
find the same as the stock processor does is proved on the examples and on damaged data, with
``validate_plain``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from kg import resources
from kg.build import core, sets, shapes, stock
from kg.build.data import Data, side_by_side
from kg.build.report import Result, as_shacl_report, to_findings

__all__ = ["Result", "as_shacl_report", "to_findings", "validate", "validate_plain"]


def validate(store: ox.Store, shapes_folder: Path | None = None, *, merged: bool = False) -> list[Result]:
    """Every result of the shapes on the union of the store's graphs, in a fixed order.

    The store holds asserted records, the ontology (for its subclasses) and the schemes; with ``merged``
    its default graph holds all of them already, each triple once. ``shapes_folder`` defaults to the
    package's own shapes. Results are a set: a property shape that reaches a node by way of two classes
    is reported once.
    Raises EnvironmentFault if the shapes are missing, do not parse or have a query that cannot run.
    """
    data, rules = Data(store, merged), shapes.read(shapes_folder or resources.shapes())
    found = core.results(data, shapes.core(rules))
    for results in side_by_side(partial(sets.results, data), sets.constraints(rules, data)):
        found.update(results)
    ordered = sorted(found, key=lambda r: r.sort_key)
    return [replace(result, label=data.label_of(result.focus)) for result in ordered]


def validate_plain(store: ox.Store, shapes_folder: Path | None = None) -> list[Result]:
    """The same by stock pyshacl alone. Slow; it is the measure by which ``validate`` is tested."""
    rules = shapes.read(shapes_folder or resources.shapes())
    return sorted(set(stock.run(store, rules)), key=lambda r: r.sort_key)
