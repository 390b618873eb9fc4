"""Why an answer may be empty: a name in the query that is not in the data.

Looked up in the release's indexes, for an answer without rows only.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Final

from kg import resources, vocab
from kg.formats import CSV, JSON, RDF_FORMATS, TSV, XML, Format
from kg.query.tokens import Lexer, Token
from kg.web.lookups import Lookups

MOST: Final = 20
"""Names of a query that are looked up."""

LONGEST: Final = 8_192
"""Characters of a query that is looked at."""

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_KINDS: Final = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
_SHORT: Final = 1_024
_EMPTY: Final = {
    JSON: re.compile(rb'"bindings":\[\]|"boolean":false'),
    XML: re.compile(rb"<results\s*/>|<results></results>|<boolean>false"),
    CSV: re.compile(rb"[^\n]*\n|false"),
    TSV: re.compile(rb"[^\n]*\n|false"),
}
_NO_TRIPLES: Final = re.compile(
    rb"\s*(?:(?:@prefix|PREFIX)[^\n]*\n\s*)*|\[\s*\]|.*<rdf:RDF[^>]*(?:/>|>\s*</rdf:RDF>)\s*", re.DOTALL
)


def is_empty(body: bytes, fmt: Format) -> bool:
    """True for a whole answer without a row or triple, and for the answer no."""
    if len(body) > _SHORT:
        return False
    if fmt in RDF_FORMATS:
        return bool(_NO_TRIPLES.fullmatch(body))
    found = _EMPTY[fmt]
    return bool(found.search(body) if fmt in (JSON, XML) else found.fullmatch(body))


def explain(text: str, body: bytes, fmt: Format, lookups: Lookups) -> str | None:
    """Why the answer to a query may be empty; None if it is not, or nothing is known."""
    return why_empty(text, lookups) if is_empty(body, fmt) else None


def why_empty(text: str, lookups: Lookups) -> str | None:
    """A sentence on the first name in a query that the data do not know, or do not use; None without."""
    if len(text) > LONGEST:
        return None
    iris = [iri for iri in dict.fromkeys(_names(text)) if _valid(iri, lookups)][:MOST]
    return next(filter(None, (_unknown(iri, lookups) for iri in iris)), None) or next(
        filter(None, (_unused(iri, lookups) for iri in iris)), None
    )


def namespace(prefix: str, base: str, lookups: Lookups) -> str | None:
    """What a prefix of the dataset's own documents stands for: ``person``, ``scheme-role``."""
    if prefix in _paths():
        return f"{base}id/{prefix}/"
    scheme = prefix.removeprefix("scheme-")
    known = scheme != prefix and lookups.exists(vocab.SCHEME + scheme)
    return f"{vocab.SCHEME}{scheme}/" if known else None


@cache
def _paths() -> frozenset[str]:
    layout = tomllib.loads(resources.layout().read_text(encoding="utf-8"))
    return frozenset(row["path"] for row in layout.values())


def as_header(hint: str) -> str:
    """The hint as the value of a header: ASCII, and not too long."""
    return hint.encode("ascii", "backslashreplace").decode()[:500]


def _names(text: str) -> Iterator[str]:
    """The IRIs that a query asks for: no datatypes, no functions, none of its prologue."""
    prefixes: dict[str, str] = {}
    before, tokens = "", [*Lexer(text).code(), Token("other", "", len(text), len(text))]
    for i, token in enumerate(tokens[:-1]):
        if token.kind == "iri" and i > 1 and tokens[i - 2].text.upper() == "PREFIX":
            prefixes[before.removesuffix(":")] = token.text[1:-1]
        elif before not in ("PREFIX", "BASE", "^") and tokens[i + 1].text != "(":
            if token.kind == "iri" and _ABSOLUTE.match(token.text, 1):
                yield token.text[1:-1]
            elif token.kind == "name":
                prefix, _, local = token.text.partition(":")
                if prefix in prefixes and "\\" not in local:
                    yield prefixes[prefix] + local
        before = token.text.upper() if token.kind == "word" else token.text


def _valid(iri: str, lookups: Lookups) -> bool:
    """Whether it is an absolute IRI: the namespace of a prefix may be relative."""
    try:
        lookups.node(iri)
    except ValueError:
        return False
    return True


def _unknown(iri: str, lookups: Lookups) -> str | None:
    node = lookups.node(iri)
    for place in ({"p": node}, {"o": node}, {"s": node}, {"graph": node}):
        if next(lookups.quads(**place), None) is not None:
            return None
    near = difflib.get_close_matches(iri, _alike(iri, lookups), 1, 0.8)
    meant = f"; did you mean {vocab.shorten(near[0])}?" if near else ""
    return f"{vocab.shorten(iri)} does not occur in the data{meant}"


def _alike(iri: str, lookups: Lookups) -> list[str]:
    """The ontology's terms, for one that is in its namespace."""
    if not iri.startswith(vocab.PAC):
        return []
    kinds = (lookups.node(vocab.OWL + kind) for kind in _KINDS)
    typed = (q.subject.value for k in kinds for q in lookups.quads(p=lookups.node(vocab.RDF + "type"), o=k))
    return [each for each in typed if each.startswith(vocab.PAC)]


def _unused(iri: str, lookups: Lookups) -> str | None:
    """Of a class without members and a property without statements."""
    kinds = {kind.removeprefix(vocab.OWL) for kind in lookups.types(iri)}.intersection(_KINDS)
    node, is_a = lookups.node(iri), lookups.node(vocab.RDF + "type")
    if "Class" in kinds and next(lookups.quads(p=is_a, o=node), None) is None:
        return f"nothing in the data is a {vocab.shorten(iri)}"
    if kinds - {"Class"} and next(lookups.quads(p=node), None) is None:
        return f"no statement in the data uses {vocab.shorten(iri)}"
    return None
