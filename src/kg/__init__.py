"""kg: a knowledge graph of institutional diplomacy, from curated records to a SPARQL endpoint.

The package is a chain of rooms, each handing a value to the next:

    records -> build (convert, validate, infer, describe) -> release -> query -> web / cli / Python

Importing ``kg`` loads nothing but this module: a query from the command line must not pay
for Flask (150 ms) or pySHACL (240 ms). ``kg.open`` loads what it needs when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kg.api import Graph, open

__all__ = ["Graph", "__version__", "open"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in ("Graph", "open"):
        from kg import api

        return getattr(api, name)
    raise AttributeError(f"module 'kg' has no attribute {name!r}")
