"""JSON-LD of one entity: the entity is the root, and what belongs to it is nested in it.

The shape is that of a curated record (docs/records.md): the context's reverse terms turn the
``holder`` of a tenure into a ``tenure`` of a person. The JSON-LD framing algorithm would keep the
link back beside the nesting, which says the same thing twice and which no record does, so the tree
is built here, by the records' layout, and only compacted by the standard.
"""

from __future__ import annotations

from typing import Any

from kg.export.jsonld import compact, dumps_pretty, expanded
from kg.export.layout import NESTING, Nesting
from kg.export.order import survey
from kg.export.selection import Selection
from kg.records.context import context

Node = dict[str, Any]


def write(selection: Selection, base: str) -> bytes:
    """The document of an entity's description. What no nesting reaches stands beside it, in @graph."""
    assert selection.entity is not None, "only an entity has a root"
    with survey(selection, base) as found:
        nodes = expanded([triple for group in found.groups() for triple in group.triples])
    terms = context(base)
    left = {node["@id"]: node for node in nodes}
    tree = _nested(left.pop(selection.entity), left)
    root, *others = compact([tree, *left.values()], terms)
    body = {"@graph": [root, *others]} if others else root
    return dumps_pretty({"@context": terms, **body}) + b"\n"


def _nested(node: Node, left: dict[str, Node]) -> Node:
    """The node with its children inside; they are taken out of ``left``."""
    reverse: dict[str, list[Node]] = {}
    node = dict(node)
    for nesting in NESTING:
        if nesting.parent not in node.get("@type", ()):
            continue
        if nesting.inverse:
            children = [_nested(child, left) for child in _take_owned(node["@id"], nesting, left)]
            if children:
                reverse.setdefault(nesting.property, []).extend(children)
        elif nesting.property in node:
            node[nesting.property] = [_embedded(value, left) for value in node[nesting.property]]
    return {**node, "@reverse": reverse} if reverse else node


def _take_owned(parent: str, nesting: Nesting, left: dict[str, Node]) -> list[Node]:
    """The nodes that point back to the parent, without that pointer."""
    link = {"@id": parent}
    owned = [
        node
        for node in left.values()
        if nesting.child in node.get("@type", ()) and link in node.get(nesting.property, ())
    ]
    return [_unlinked(left.pop(node["@id"]), nesting.property, link) for node in owned]


def _unlinked(node: Node, property: str, link: Node) -> Node:
    rest = [value for value in node[property] if value != link]
    others = {key: value for key, value in node.items() if key != property}
    return {**others, property: rest} if rest else others


def _embedded(value: Node, left: dict[str, Node]) -> Node:
    child = left.pop(value.get("@id", ""), None)
    return value if child is None else _nested(child, left)
