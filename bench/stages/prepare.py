"""What the peers are given, from a dataset: data.nq, data.nt and core.ttl in a folder.

data.nq is what kg build stores before it infers: the asserted graphs and the schema, each quad once. data.nt
is the same as triples, with the role of one participation in a hundred taken out, so that there is something
to find. core.ttl is the shapes without their SPARQL-based constraints; the others are in shapes.ttl.
"""

from __future__ import annotations

import sys
from pathlib import Path
from zlib import crc32

import pyoxigraph as ox

from kg import resources, vocab
from kg.build import convert
from kg.records import dataset
from kg.records.context import context
from kg.records.load import load

_EVERY = 100
_ROLE = ox.NamedNode(vocab.PAC + "role")
_SPARQL = ox.NamedNode(vocab.SH + "sparql")


def data(folder: Path, out: Path) -> None:
    found = dataset.read(folder)
    store = ox.Store()
    store.extend(convert.schema_quads(resources.ontology()))
    store.extend(convert.record_quads(load(found).records, context(found.base)))
    store.dump(out / "data.nq", format=ox.RdfFormat.N_QUADS)
    seen: set[ox.Triple] = set()
    with (out / "data.nt").open("w", encoding="utf-8") as triples:
        for quad in store:
            if quad.triple not in seen and not (quad.predicate == _ROLE and _is_chosen(quad.subject)):
                triples.write(f"{quad.triple} .\n")
            seen.add(quad.triple)


def _is_chosen(participation: object) -> bool:
    """One in a hundred, the same ones each time: a store in memory gives its quads in any order."""
    return crc32(str(participation).encode()) % _EVERY == 0


def shapes(out: Path) -> None:
    store = ox.Store()
    for path in sorted(resources.shapes().glob("*.ttl")):
        store.bulk_load(path=str(path), format=ox.RdfFormat.TURTLE)
    everything = ox.DefaultGraph()
    store.dump(out / "shapes.ttl", format=ox.RdfFormat.TURTLE, from_graph=everything)
    for quad in list(store.quads_for_pattern(None, _SPARQL, None)):
        store.remove(quad)
    store.dump(out / "core.ttl", format=ox.RdfFormat.TURTLE, from_graph=everything)


if __name__ == "__main__":
    data(Path(sys.argv[1]), Path(sys.argv[2]))
    shapes(Path(sys.argv[2]))
