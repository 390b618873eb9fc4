"""One entity as a page shows it: its properties, what points to it, and the evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from kg import vocab
from kg.web.lookups import Lookups

_HIDDEN: Final = frozenset(
    {
        vocab.RDF + "type",
        vocab.RDFS + "label",
        vocab.RDFS + "isDefinedBy",
        vocab.PAC + "earliest",
        vocab.PAC + "latest",
        vocab.PAC + "evidence",
    }
)
"""Shown elsewhere on the page, or kept for comparisons only."""

_ELSEWHERE: Final = frozenset({vocab.PAC + "nameForm", vocab.PAC + "inArticle", vocab.FOAF + "primaryTopic"})
"""Links to here that the page says in another way: an article's passages beside what they bear out."""

_FIRST: Final = ("startDate", "endDate", "attestedOn", "holder", "post", "participant", "role", "inCapacity")
_ORDER: Final = (
    "Tenure",
    "Participation",
    "Event",
    "Statement",
    "Commitment",
    "StatusAssessment",
    "Observation",
)
_COLUMNS: Final = {
    "Participation": ("participant", "role", "participationIn", "inCapacity"),
    "Tenure": ("holder", "post", "attestedOn", "startDate", "endDate"),
    "Event": ("eventType", "eventStatus", "startDate", "endDate", "atPlace"),
    "Statement": ("gist", "startDate", "subEventOf"),
    "Commitment": ("strength", "undertaking", "debtor", "creditor", "dueDate"),
    "StatusAssessment": ("status", "completion", "startDate", "skos:note"),
    "Observation": ("measure", "comparator", "value"),
    "IdentityJudgement": ("subject", "object", "judgement", "skos:note"),
}
_PARTICIPANT: Final = vocab.PAC + "participant"
_NAMELESS: Final = frozenset({"Participation", "Tenure", "StatusAssessment", "IdentityJudgement"})
_HEADINGS: Final = {
    ("Participation", "participationIn"): "Who took part",
    ("Participation", "participant"): "Took part in",
    ("Participation", "inCapacity"): "Acted in this capacity",
    ("Tenure", "holder"): "Posts held",
    ("Tenure", "post"): "Holders",
    ("Statement", "subEventOf"): "What was said",
    ("Event", "subEventOf"): "Parts",
    ("Event", "atPlace"): "What happened here",
    ("Commitment", "debtor"): "Undertaken, or proposed to undertake",
    ("Commitment", "creditor"): "Promised to, or for the benefit of",
    ("Commitment", "expressedBy"): "What was undertaken or proposed",
    ("Commitment", "partOf"): "Parts",
    ("Commitment", "restates"): "Said again, in other words",
    ("Commitment", "dependsOn"): "What waits for this",
    ("Commitment", "about"): "Undertakings that concern it",
    ("Statement", "about"): "What was said of it",
    ("Event", "about"): "Events that concern it",
    ("StatusAssessment", "assessmentOf"): "How far it has got",
    ("Observation", "about"): "In numbers",
    ("IdentityJudgement", "subject"): "The same as something else?",
    ("IdentityJudgement", "object"): "The same as something else?",
    ("Post", "postIn"): "Posts",
    ("Organization", "subOrganizationOf"): "Bodies under it",
    ("OrganizationalUnit", "subOrganizationOf"): "Units",
    ("Organization", "seat"): "Seat of",
    ("Place", "locatedIn"): "Places in it",
    ("Group", "member"): "Belongs to",
    ("Group", "isPartOf"): "Groups from it",
    ("Programme", "runBy"): "Programmes",
    ("CulturalObject", "keptBy"): "Keeps",
    ("CulturalObject", "foundAt"): "Heritage here",
    ("Article", "publisher"): "Articles",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One value: a link with its label where it is an IRI, else text with its language."""

    text: str
    iri: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One property and its values."""

    iri: str
    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one class that point here by one property; ``named``: each has a name of its own."""

    heading: str
    named: bool
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, tuple[tuple[Value, ...], ...]], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage that bears something out; ``words`` only where the release has the source's words."""

    iri: str
    article: Value | None
    start: str | None
    end: str | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Entity:
    """Everything on the page of one IRI."""

    iri: str
    label: str
    types: tuple[Value, ...]
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    evidence: tuple[Quote, ...]
    replaced_by: tuple[Value, ...]


def describe(iri: str, lookups: Lookups) -> Entity:
    """The page of this IRI. What is only inferred is left out; the links say it better."""
    outgoing = _one_day(lookups.outgoing(iri))
    label = lookups.label(iri)
    rows = [
        Row(p, lookups.label(p), tuple(_value(o, lookups) for o in objects))
        for p, objects in outgoing.items()
        if p not in _HIDDEN and not _repeats(p, objects, label)
    ]
    return Entity(
        iri,
        label,
        tuple(Value(lookups.label(t), t) for t in lookups.types(iri)),
        tuple(sorted(rows, key=_row_order)),
        tuple(_groups(iri, lookups)),
        tuple(quote(o.value, lookups) for o in outgoing.get(vocab.PAC + "evidence", [])),
        tuple(Value(lookups.label(new), new) for new in lookups.replaced_by(iri)),
    )


def _one_day(outgoing: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Without an end that is the start's own day."""
    start, end = outgoing.get(vocab.PAC + "startDate"), outgoing.get(vocab.PAC + "endDate")
    return {p: o for p, o in outgoing.items() if start != end or p != vocab.PAC + "endDate"}


def _repeats(predicate: str, objects: list[Any], label: str) -> bool:
    """A lone preferred label is the page's heading already."""
    return predicate == vocab.SKOS + "prefLabel" and [o.value for o in objects] == [label]


def _row_order(row: Row) -> tuple[int, str]:
    local = row.iri.removeprefix(vocab.PAC)
    return (_FIRST.index(local) if local in _FIRST else len(_FIRST), row.label)


def _value(term: Any, lookups: Lookups) -> Value:
    if isinstance(term, ox.NamedNode):
        return Value(lookups.label(term.value), term.value)
    if isinstance(term, ox.Literal):
        return Value(term.value, language=term.language)
    return Value(str(term))


def _groups(iri: str, lookups: Lookups) -> list[Group]:
    found = [
        (kind.removeprefix(vocab.PAC), predicate, part)
        for (predicate, kind), subjects in lookups.incoming(iri).items()
        if predicate not in _ELSEWHERE
        for part in (_parts(subjects, lookups) if predicate == _PARTICIPANT else [subjects])
    ]
    found.sort(key=lambda g: (_ORDER.index(g[0]) if g[0] in _ORDER else len(_ORDER), g[0], g[1]))
    return [_group(kind, predicate, subjects, lookups) for kind, predicate, subjects in found]


def _parts(subjects: list[str], lookups: Lookups) -> list[list[str]]:
    """Participations in events, and those in statements: a speaker has many of these."""
    said = [s for s in subjects if _in_statement(s, lookups)]
    there = [s for s in subjects if s not in said]
    return [part for part in (there, said) if part]


def _in_statement(participation: str, lookups: Lookups) -> bool:
    events = lookups.objects(participation, vocab.PAC + "participationIn")
    return any(vocab.PAC + "Statement" in lookups.types(event.value) for event in events)


def _group(kind: str, predicate: str, subjects: list[str], lookups: Lookups) -> Group:
    wanted = [c for c in _COLUMNS.get(kind, ()) if _property(c) != predicate]
    cells = {s: {c: _cells(s, c, lookups) for c in wanted} for s in subjects}
    columns = tuple(c for c in wanted if any(cells[s][c] for s in subjects))
    rows = [(_link(s, kind, lookups), tuple(cells[s][c] for c in columns)) for s in subjects]
    labels = tuple(lookups.label(_property(c)) for c in columns)
    rows.sort(key=lambda row: ([[v.text for v in cell] for cell in row[1]], row[0].text))
    heading = _heading(kind, predicate, lookups)
    if predicate == _PARTICIPANT and _in_statement(subjects[0], lookups):
        heading = "Said, or was told"
    return Group(heading, kind not in _NAMELESS, labels, tuple(rows))


def _heading(kind: str, predicate: str, lookups: Lookups) -> str:
    """What the group is about; the plain fallback names the property and the class."""
    ours = _HEADINGS.get((_local(kind), _local(predicate)))
    if ours or not kind:
        return ours or lookups.label(predicate)
    return f"{lookups.label(kind if '://' in kind else vocab.PAC + kind)}: {lookups.label(predicate)}"


def _local(iri: str) -> str:
    return re.split(r"[#/]", iri)[-1]


def _link(subject: str, kind: str, lookups: Lookups) -> Value:
    return Value("record" if kind in _NAMELESS else lookups.label(subject), subject)


def _property(column: str) -> str:
    """The property of a column: PAC's own by its local name, another's with its prefix."""
    return vocab.expand_curie(column) if ":" in column else vocab.PAC + column


def _cells(subject: str, column: str, lookups: Lookups) -> tuple[Value, ...]:
    values = [_value(o, lookups) for o in lookups.objects(subject, _property(column))]
    if column == "inCapacity":
        values = [Value(_post(v.iri, lookups) or v.text, v.iri) for v in values if v.iri]
    return tuple(sorted(values, key=lambda v: v.text))


def _post(tenure: str, lookups: Lookups) -> str | None:
    """The post's name; beside its holder's the tenure's own would say the holder twice."""
    return next((lookups.label(o.value) for o in lookups.objects(tenure, vocab.PAC + "post")), None)


def quote(passage: str, lookups: Lookups) -> Quote:
    """One passage, with its article and offsets."""
    articles = lookups.objects(passage, vocab.PAC + "inArticle")
    return Quote(
        passage,
        _value(articles[0], lookups) if articles else None,
        lookups.text(passage, vocab.OA + "start"),
        lookups.text(passage, vocab.OA + "end"),
        lookups.text(passage, vocab.OA + "exact"),
    )
