"""Is the entity that a canned query is asked about there, and of the kind that the question takes?

Without this, a slip of the pen would be answered with no rows, which reads like an answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from kg import vocab
from kg.errors import ParameterError
from kg.query.values import term

if TYPE_CHECKING:
    from pyoxigraph import NamedNode, Store

    from kg.query.catalog import CannedQuery, Parameter

_COMPARED: Final = 20_000
"""So many entities are compared for a suggestion: about a second's work."""


def check(canned: CannedQuery, values: Mapping[str, str], store: Store, base: str) -> None:
    """Raises ParameterError for an entity of which nothing is said, or of another class than asked for.

    ``values`` are what was given, ``base`` is the dataset's base IRI. Defaults are not looked at: they
    are of the dataset that the query was written for.
    """
    from pyoxigraph import DefaultGraph, NamedNode

    kind = NamedNode(vocab.RDF + "type")
    for parameter in canned.parameters:
        text = values.get(parameter.name)
        if parameter.kind != "entity" or text is None:
            continue
        node = NamedNode(term(parameter.name, "entity", text, base)[1:-1])
        cls = NamedNode(vocab.expand_curie(parameter.cls)) if parameter.cls else None
        quads = list(store.quads_for_pattern(node, None, None, DefaultGraph()))
        if not quads:
            raise ParameterError(
                parameter.name,
                f"{parameter.name}: nothing is known of {text!r}",
                hint=_near(text, store, base, cls) or _example(parameter.examples),
            )
        if cls and not any(q.predicate == kind and q.object == cls for q in quads):
            raise ParameterError(
                parameter.name,
                f"{parameter.name}: {text!r} is no {parameter.cls}",
                hint=_example(parameter.examples),
            )


def examples(parameter: Parameter, store: Store, base: str) -> tuple[str, ...]:
    """The examples of a parameter, without the entities of other datasets, of which nothing is known here."""
    from pyoxigraph import DefaultGraph, NamedNode

    if parameter.kind != "entity":
        return parameter.examples

    def known(text: str) -> bool:
        node = NamedNode(term(parameter.name, "entity", text, base)[1:-1])
        return next(store.quads_for_pattern(node, None, None, DefaultGraph()), None) is not None

    return tuple(filter(known, parameter.examples))


def _near(text: str, store: Store, base: str, cls: NamedNode | None) -> str | None:
    """The nearest ids, of the class asked for where there is one."""
    from pyoxigraph import DefaultGraph, NamedNode

    ids = f"{base}id/"
    kind = NamedNode(vocab.RDF + "type")
    found = store.quads_for_pattern(None, kind, cls, DefaultGraph())
    names = {q.subject.value for q in islice(found, _COMPARED) if isinstance(q.subject, NamedNode)}
    known = sorted(name.removeprefix(ids) for name in names if name.startswith(ids))
    near = difflib.get_close_matches(text.removeprefix(ids), known, 3)
    return f"did you mean {' or '.join(near)}?" if near else None


def _example(examples: tuple[str, ...]) -> str | None:
    return f"for example: {', '.join(examples)}" if examples else None
