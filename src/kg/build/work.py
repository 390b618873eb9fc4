"""What a process of the build does with a task: blocks to graphs, articles to graphs, a shard to its end.

Lines go to the shards and to a file of quads; only facts come back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from pyoxigraph import NamedNode

from kg import resources, vocab
from kg.build import convert
from kg.build.graphs import Graph, Links, Maker
from kg.build.infer import Schema
from kg.build.lines import Rules, iri
from kg.build.shards import ASSERTED, IMPLIED, INFERRED, PROVENANCE, QUADS, Shards, Statistics
from kg.findings import Finding
from kg.records import entries
from kg.records.blocks import Block
from kg.records.context import context
from kg.records.dataset import Dataset
from kg.records.entries import Content, Entry
from kg.records.load import ExpandedRecord, expanded
from kg.release.digest import GraphDigest

BATCH: Final = 500
"""Records to a JSON-LD document: the context is parsed once for all of them, and memory stays flat."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a record's graph: its digest, and what it gives to inferences from several."""

    leaf: GraphDigest
    links: Links


Task: TypeAlias = tuple[int, Block, str]
"""The rank of a block, the block, and the SHA-256 of its file."""

Outcome: TypeAlias = tuple[int, Content, dict[int, Kept]]
"""The rank of a block, what it holds without nodes, and what was made of records by their place."""


@dataclass(frozen=True, slots=True)
class Work:
    """The tasks, with what is the same for all of them. ``folder`` is where the shards are."""

    dataset: Dataset
    folder: Path
    shards: int

    def read(self, blocks: Sequence[Task]) -> list[Outcome]:
        """Read blocks and make the graphs of what is in them.

        Articles are left: they need the passages that others cite. Raises EnvironmentFault.
        """
        out = self._shards()
        done = [(rank, *self._block(out, block, sha256)) for rank, block, sha256 in blocks]
        out.flush()
        return done

    def _block(self, out: Shards, block: Block, sha256: str) -> tuple[Content, dict[int, Kept]]:
        content = entries.read(block, self.dataset)
        made: dict[int, Kept] = {}
        faults = list(content.findings)
        whole = ((n, entry) for n, entry in enumerate(content.entries) if not entry.article)
        while batch := list(islice(whole, BATCH)):
            records = [expanded(entry, self.dataset, block.file, sha256) for _, entry in batch]
            places = {record.graph: n for (n, _), record in zip(batch, records, strict=True)}
            graphs, found = self._graphs(out, records)
            faults += found
            made.update((places[graph.name], _kept(graph)) for graph in graphs)
        rest = tuple(map(_without_node, content.entries))
        return replace(content, entries=rest, findings=tuple(faults)), made

    def articles(
        self, records: Sequence[tuple[int, ExpandedRecord]]
    ) -> tuple[dict[int, Kept], list[Finding]]:
        """Make the graphs of articles, which have their passages; by the number that each comes with."""
        out = self._shards()
        numbers = {record.graph: number for number, record in records}
        graphs, faults = self._graphs(out, [record for _, record in records])
        out.flush()
        return {numbers[graph.name]: _kept(graph) for graph in graphs}, faults

    def finish(self, shard: int) -> Statistics:
        """Finish one shard (``Shards.finish``)."""
        ends = {kind: b"<%b> ." % self.dataset.graph(kind).encode() for kind in (INFERRED, PROVENANCE)}
        return self._shards().finish(shard, iri(f"{self.dataset.base}id/")[:-1], ends)

    def _shards(self) -> Shards:
        return Shards(self.folder, self.shards)

    def _graphs(self, out: Shards, records: Sequence[ExpandedRecord]) -> tuple[list[Graph], list[Finding]]:
        graphs, faults = maker(self.dataset.base).graphs(records)
        with (self.folder / f"{QUADS}.all.{os.getpid()}").open("ab") as quads:
            for graph in graphs:
                out.put(ASSERTED, graph.lines)
                out.put(IMPLIED, graph.implied)
                out.put(PROVENANCE, graph.provenance)
                quads.write(in_graph(graph.name, graph.lines))
        return graphs, faults


@cache
def maker(base: str) -> Maker:
    """The maker of a dataset's graphs. Reads the ontology, once in a process."""
    return Maker(context(base), base, rules())


@cache
def rules() -> Rules:
    """The rules of the ontology; its terms and the schemes' are left out of what is inferred."""
    quads = list(convert.schema_quads(resources.ontology()))
    ontology = NamedNode(vocab.ONTOLOGY)
    schema = Schema.read(quad.triple for quad in quads if quad.graph_name == ontology)
    return Rules(schema, frozenset(q.subject for q in quads if isinstance(q.subject, NamedNode)))


def in_graph(name: str, lines: Sequence[bytes]) -> bytes:
    """The lines as N-Quads."""
    end = iri(name) + b" .\n"
    return b"".join([line[:-1] + end for line in lines])


def tasks(blocks: Iterable[Block], sha256: Mapping[str, str], size: int) -> Iterator[list[Task]]:
    """Blocks bundled to tasks of about ``size`` bytes, in order."""
    task, held = list[Task](), 0
    for rank, block in enumerate(blocks):
        task.append((rank, block, sha256[block.file]))
        held += len(block.content)
        if held >= size:
            yield task
            task, held = [], 0
    if task:
        yield task


def _kept(graph: Graph) -> Kept:
    return Kept(graph.leaf, graph.links)


def _without_node(entry: Entry) -> Entry:
    return entry if entry.article else replace(entry, node={})
