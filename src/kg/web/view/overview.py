"""What a release holds, at a glance: what happened when, the articles, a few names.

It is computed once for a release, from all of it: an arbitrary part would make a wrong picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from kg import vocab
from kg.export import prose
from kg.web.lookups import Lookups

MOST: Final = 50
"""More events or articles would be no overview; a question or the graph itself has them all."""
EXAMPLES: Final = 8

_DATED: Final = f"""
SELECT ?event {{
  ?event a <{vocab.PAC}Event>
  FILTER NOT EXISTS {{ GRAPH <%s> {{ ?event a <{vocab.PAC}Event> }} }}
  OPTIONAL {{ ?event <{vocab.PAC}earliest> ?first }}
  OPTIONAL {{ ?event <{vocab.PAC}latest> ?last }}
  BIND(COALESCE(?first, ?last) AS ?day)
  FILTER(BOUND(?day))
}} ORDER BY ?day DESC(BOUND(?first)) DESC(?last) ?event LIMIT {MOST}"""

_NAMED: Final = f"""
SELECT ?thing {{
  VALUES ?class {{ %s }}
  ?thing a ?class ; <{vocab.RDFS}label>|<{vocab.SKOS}prefLabel> ?label
  FILTER NOT EXISTS {{ GRAPH <%s> {{ ?thing a ?class }} }}
  FILTER NOT EXISTS {{ ?thing <{vocab.DCTERMS}isReplacedBy> ?new }}
}} GROUP BY ?thing ORDER BY LCASE(MIN(STR(?label))) LIMIT {EXAMPLES}"""

_SHOWN: Final = {
    "People": ("foaf:Person",),
    "Organisations": ("org:Organization", "org:OrganizationalUnit", "pac:State"),
    "Places": ("pac:Place",),
    "Commitments": ("pac:Commitment",),
}

Link = tuple[str, str]
"""An IRI and its label."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event: its days as people write them, where it was, and who took part.

    ``status`` is the label of its status, unless that is that it is over.
    """

    iri: str
    label: str
    days: str
    status: str
    places: tuple[Link, ...]
    people: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """``timeline`` has the first events with a date, ``articles`` (IRI, title, date of issue)."""

    timeline: tuple[Happening, ...]
    articles: tuple[tuple[str, str, str], ...]
    examples: dict[str, tuple[Link, ...]]


@lru_cache(maxsize=1)
def overview(lookups: Lookups) -> Overview:
    """The overview of the release that is looked into."""
    return Overview(
        tuple(
            _happening(row["event"].value, lookups) for row in _rows(lookups, _DATED % lookups.inferred.value)
        ),
        tuple(_article(iri, lookups) for iri in islice(prose.articles(lookups.store), MOST)),
        {name: tuple(_examples(classes, lookups)) for name, classes in _SHOWN.items()},
    )


def days(start: str, end: str, bounded: bool) -> str:
    """When something was, from its dates, of which one or both may be missing (empty).

    ``bounded``: it was some time between the two, and not all the time.
    """
    if start and end and start != end:
        return f"within {start} – {end}" if bounded else f"{start} – {end}"
    if start and end:
        return start
    return f"from {start}" if start else f"by {end}" if end else ""


def _rows(lookups: Lookups, query: str) -> list[Any]:
    return list(lookups.store.query(query))


def _happening(iri: str, lookups: Lookups) -> Happening:
    basis = {o.value for o in lookups.objects(iri, vocab.PAC + "dateBasis")}
    start, end = (lookups.text(iri, vocab.PAC + name) or "" for name in ("startDate", "endDate"))
    statuses = [o.value for o in lookups.objects(iri, vocab.PAC + "eventStatus")]
    people = {
        o.value
        for part in lookups.objects(iri, vocab.PAC + "hasParticipation")
        for o in lookups.objects(part.value, vocab.PAC + "participant")
    }
    return Happening(
        iri,
        lookups.label(iri),
        days(start, end, f"{vocab.SCHEME}date-basis/bounded" in basis),
        ", ".join(lookups.label(s) for s in statuses if not s.endswith("/completed")),
        _links({o.value for o in lookups.objects(iri, vocab.PAC + "atPlace")}, lookups),
        _links(people, lookups),
    )


def _links(iris: set[str], lookups: Lookups) -> tuple[Link, ...]:
    return tuple(lookups.labelled(iris))


def _article(iri: str, lookups: Lookups) -> tuple[str, str, str]:
    return iri, lookups.label(iri), lookups.text(iri, vocab.DCTERMS + "issued") or ""


def _examples(classes: tuple[str, ...], lookups: Lookups) -> list[Link]:
    wanted = " ".join(f"<{vocab.expand_curie(cls)}>" for cls in classes)
    found = _rows(lookups, _NAMED % (wanted, lookups.inferred.value))
    return [(row["thing"].value, lookups.label(row["thing"].value)) for row in found]
