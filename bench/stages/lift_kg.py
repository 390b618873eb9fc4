"""Events from a file of JSON lines to RDF, as kg build does it: checked field by field, stored in memory."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pyoxigraph import Store

from kg.build import convert
from kg.records import expand, model
from kg.records.blocks import blocks
from kg.records.context import context
from kg.records.piece import parse_block


class Node:
    """A record as the conversion wants it."""

    def __init__(self, node: dict[str, object]) -> None:
        self.graph, self.node = "https://example.org/graph", node


started = time.perf_counter()
known, terms = model.load(), context("https://example.org/")
store = Store()
for block in blocks(Path(sys.argv[1]), "event.jsonl"):
    nodes = [Node(expand.node(record)) for record in parse_block(block, known, "en").records]
    store.extend(convert.record_quads(nodes, terms))
print(json.dumps({"seconds": time.perf_counter() - started, "triples": len(store)}))
