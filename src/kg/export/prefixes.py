"""The prefixes of a document: the common ones that it uses, and one for each kind of its ids.

``<base>id/person/ada-lovelace`` is written ``person:ada-lovelace``, and the concept
``…/scheme/role/host`` is ``scheme-role:host``: Turtle's local names have no place for a slash
(Turtle, section 6.5, PN_LOCAL).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode, Quad

from kg.vocab import PREFIXES, SCHEME, SLUG


class Namespaces:
    """Collects which of the known namespaces are used; what it keeps is bounded by what is known."""

    def __init__(self, base: str) -> None:
        self._ids = f"{base}id/"
        kinds = rf"(?:{re.escape(self._ids)}|{re.escape(SCHEME)}){SLUG.pattern}/"
        known = "|".join(re.escape(n) for n in sorted(PREFIXES.values(), key=len, reverse=True))
        self._match = re.compile(f"{kinds}|{known}").match
        self._seen: set[str] = set()
        self._datatypes: set[NamedNode] = set()

    def see(self, quad: Quad) -> None:
        """Take in a quad's subject and object; predicates come at the end, each once."""
        if isinstance(quad.object, NamedNode):
            self._see(quad.object.value)
        elif isinstance(quad.object, Literal):
            self._datatypes.add(quad.object.datatype)
        if isinstance(quad.subject, NamedNode):
            self._see(quad.subject.value)

    def _see(self, iri: str) -> None:
        if found := self._match(iri):
            self._seen.add(found.group())

    def prefixes(self, predicates: Iterable[str]) -> dict[str, str]:
        """Prefix -> namespace, in the order of the prefixes."""
        for iri in (*predicates, *(d.value for d in self._datatypes)):
            self._see(iri)
        return dict(sorted((self._name(namespace), namespace) for namespace in self._seen))

    def _name(self, namespace: str) -> str:
        last = namespace.rstrip("/").rpartition("/")[2]
        if namespace.startswith(self._ids):
            return f"id-{last}" if last in PREFIXES else last
        if namespace.startswith(SCHEME):
            return f"scheme-{last}"
        return next(prefix for prefix, known in PREFIXES.items() if known == namespace)
