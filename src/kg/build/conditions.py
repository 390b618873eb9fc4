"""Conditions of one value node, as expressions of SPARQL that are true only of what surely conforms.

Where pyshacl and the store may read a literal or a pattern apart, the expression is false or fails.
"""

from __future__ import annotations

import re
from typing import Any, Final

import pyoxigraph as ox

from kg.vocab import RDF, SH, XSD

_FORMS: Final = {
    XSD + "boolean": "^(true|false)$",
    XSD + "date": "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$",
    XSD + "decimal": r"^[+-]?[0-9]{1,18}(\.[0-9]{1,18})?$",
    XSD + "gYear": "^[1-9][0-9]{3}$",
    XSD + "gYearMonth": "^[1-9][0-9]{3}-(0[1-9]|1[0-2])$",
    XSD + "integer": "^[+-]?[0-9]{1,18}$",
}
"""Literals of a datatype that are well-formed for rdflib, whose years are 1 to 9999, as for Oxigraph."""

_NODE_KINDS: Final = {
    SH + "IRI": "ISIRI({0})",
    SH + "Literal": "ISLITERAL({0})",
    SH + "BlankNode": "ISBLANK({0})",
    SH + "BlankNodeOrIRI": "!ISLITERAL({0})",
    SH + "BlankNodeOrLiteral": "!ISIRI({0})",
    SH + "IRIOrLiteral": "!ISBLANK({0})",
}
BOUNDS: Final = {
    "minInclusive": ">=",
    "minExclusive": ">",
    "maxInclusive": "<=",
    "maxExclusive": "<",
}
_PORTABLE: Final = re.compile(
    r"""(?: \\[S.] | \[[A-Za-z0-9_.:-]+\] | \((?!\?) | [)|^$] | (?:[?*+]|\{\d+(?:,\d*)?\})(?![?*+{])
          | [A-Za-z0-9_:\ -] )*""",
    re.VERBOSE,
)
"""Patterns that Python and Oxigraph read alike, but for ``\\S``."""


class Unscreened(Exception):
    """A shape has something that no screen is made for."""


def of_term(name: str, term: Any, node: str) -> str:
    """The condition of a component that looks at the value node alone. Raises Unscreened."""
    if name == "datatype":
        return _well_formed(iri(term)[1:-1], node)
    if name == "nodeKind" and getattr(term, "value", "") in _NODE_KINDS:
        return _NODE_KINDS[term.value].format(node)
    if name == "pattern" and _PORTABLE.fullmatch(term.value):
        # \S is written out: for Python, but not for Oxigraph, the separators U+001C to U+001F are spaces.
        pattern = term.value.replace(r"\S", r"[^\s\x{1C}-\x{1F}]")
        return f"(!ISBLANK({node}) && {_matches(node, pattern)})"
    if name in BOUNDS and getattr(term, "datatype", None) == ox.NamedNode(XSD + "integer"):
        return f"({_well_formed(XSD + 'integer', node)} && {node} {BOUNDS[name]} {term})"
    raise Unscreened


def _well_formed(datatype: str, node: str) -> str:
    if datatype == RDF + "langString":
        return f"(ISLITERAL({node}) && LANG({node}) != '')"
    typed = f"DATATYPE({node}) = <{datatype}>"
    if datatype == XSD + "string":
        return f"({typed})"
    if datatype not in _FORMS:
        raise Unscreened
    days = f" && STR(<{datatype}>(STR({node}))) = STR({node})" if datatype == XSD + "date" else ""
    return f"({typed} && {_matches(node, _FORMS[datatype])}{days})"


def _matches(node: str, pattern: str) -> str:
    return f"REGEX(STR({node}), {ox.Literal(pattern)})"


def iri(term: Any) -> str:
    """An IRI as it is written in a query. Raises Unscreened for another term."""
    if not isinstance(term, ox.NamedNode):
        raise Unscreened
    return str(term)
