"""A release read back as plain sentences, article by article, to be held beside the source.

For each article: what the graph says on its strength, in the order of the text, a sentence a record,
with the stretch that bears it out; then the names as written; then the stretches that no record cites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Store

from kg import vocab
from kg.errors import NotFound
from kg.export.lookup import Lookup

_A: Final = vocab.RDF + "type"
_ROLES: Final = vocab.SCHEME + "role/"
_SPEAKERS: Final = (f"{_ROLES}speaker", f"{_ROLES}co-speaker")


@dataclass(frozen=True, slots=True)
class Told:
    """A record as a sentence, and the stretches of the article that it rests on.

    Stretches are code points of the source file, the end not included; ``quotes`` are their words,
    where the release has them. ``is_name`` tells written forms of names from all else.
    """

    record: str
    sentence: str
    stretches: tuple[tuple[int, int], ...]
    quotes: tuple[str, ...]
    is_name: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """An article read back: ``told`` in the order of the text, and the stretches that nothing cites."""

    told: tuple[Told, ...]
    gaps: tuple[tuple[int, int], ...]


def articles(store: Store) -> list[str]:
    """The IRIs of the release's articles, in the order of their source files."""
    graph = Lookup(store)
    found = graph.subjects(_A, vocab.PAC + "Article")
    return sorted(found, key=lambda a: (graph.text(a, "sourceFile"), graph.number(a, "textStart"), a))


def read(store: Store, base: str, article: str) -> Reading:
    """What the graph says on the strength of an article, given by its IRI; ``base`` is the dataset's."""
    graph = Lookup(store, base)
    told = sorted(_told(graph, article), key=lambda t: (t.stretches, t.sentence))
    return Reading(tuple(told), tuple(_gaps(graph, article, told)))


def find(store: Store, base: str, given: str) -> str:
    """The IRI of an article given by IRI or by name (``morning-news``, ``article/morning-news``).

    Raises NotFound, naming the articles that there are.
    """
    iri = given if ":" in given else f"{base}id/article/{given.removeprefix('article/')}"
    try:
        if vocab.PAC + "Article" in Lookup(store).objects(iri, _A):
            return iri
    except ValueError:
        pass  # no IRI at all
    names = [each.rpartition("/")[2] for each in articles(store)]
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    raise NotFound(f"there is no article {given!r}", hint=f"there are: {shown or 'none'}")


def tell(store: Store, base: str, article: str, *, quotes: bool = False) -> list[str]:
    """The lines about an article, given by its IRI; ``base`` is the dataset's.

    With ``quotes``, the quoted words stand below each sentence, where the release has them.
    """
    return [*_heading(Lookup(store), article), *_lines(read(store, base, article), quotes)]


def _heading(graph: Lookup, article: str) -> Iterator[str]:
    title = graph.text(article, vocab.DCTERMS + "title")
    yield f"# {title}"
    issued = graph.text(article, vocab.DCTERMS + "issued")
    basis = graph.names(article, "dateBasis")
    when = f", {issued}" if issued else ", undated"
    yield f"{graph.names(article, vocab.DCTERMS + 'publisher')}{when}{f' ({basis})' if basis else ''}"
    yield ""


def _lines(reading: Reading, quotes: bool) -> Iterator[str]:
    for names, heading in ((False, "## What it says"), (True, "## Names as written")):
        yield heading
        for each in reading.told:
            if each.is_name is names:
                yield f"[{spans(each.stretches)}] {each.sentence}"
                yield from (f"    > {' '.join(quote.split())}" for quote in each.quotes if quotes)
        yield ""
    yield "## Cited by no record"
    yield from (f"[{start}–{end}] {end - start} code points" for start, end in reading.gaps)
    yield ""


def sentence(graph: Lookup, record: str) -> str:
    """What the graph says of one record, given by its IRI."""
    kinds = set(graph.objects(record, _A))
    for name, say in _SAY.items():
        if vocab.PAC + name in kinds:
            return say(graph, record)
    return f"{graph.label(record)}."


def spans(stretches: Iterable[tuple[int, int]]) -> str:
    """Stretches for people: ``10–20, 35–40``."""
    return ", ".join(f"{start}–{end}" for start, end in stretches)


_NAMED: Final = 20
"""So many articles are named to somebody who asked for one that is not there."""

_SHORT: Final = 25
"""A gap of fewer code points is a connective or an ending, as a rule."""


def _gaps(graph: Lookup, article: str, told: Iterable[Told]) -> Iterator[tuple[int, int]]:
    reached = graph.number(article, "textStart")
    for start, end in sorted({s for each in told for s in each.stretches}):
        if start - reached >= _SHORT:
            yield reached, start
        reached = max(reached, end)
    if (last := graph.number(article, "textEnd")) - reached >= _SHORT:
        yield reached, last


def _told(graph: Lookup, article: str) -> Iterator[Told]:
    cited: dict[str, list[str]] = {}
    for passage in graph.subjects(vocab.PAC + "inArticle", article):
        for record in graph.subjects(vocab.PAC + "evidence", passage):
            cited.setdefault(record, []).append(passage)
    for record, passages in cited.items():
        places = sorted(
            (graph.number(p, vocab.OA + "start"), graph.number(p, vocab.OA + "end")) for p in passages
        )
        quotes = [graph.text(p, vocab.OA + "exact") for p in sorted(passages, key=graph.start)]
        is_name = vocab.PAC + "NameForm" in graph.objects(record, _A)
        words = tuple(filter(None, quotes))
        yield Told(record, sentence(graph, record), tuple(places), words, is_name)


def _event(graph: Lookup, event: str) -> str:
    whole = graph.names(event, "subEventOf", asserted=True)
    leaning = [
        p for p in graph.subjects(vocab.PAC + "participationIn", event) if not graph.objects(p, "evidence")
    ]
    parts = [
        f"{graph.label(event)}: {graph.names(event, 'eventType')}",
        _when(graph, event),
        _if(graph.names(event, "atPlace"), "at {}"),
        graph.names(event, "eventStatus"),
        _if(whole, "part of {}"),
        _if("; ".join(_part(graph, p) for p in leaning), "with {}"),
    ]
    return _joined(parts)


def _statement(graph: Lookup, statement: str) -> str:
    parts = graph.subjects(vocab.PAC + "participationIn", statement)
    speakers = [p for p in parts if set(graph.objects(p, "role")) & set(_SPEAKERS)]
    hearers = [p for p in parts if p not in speakers]
    who = "; ".join(_part(graph, p) for p in speakers) or "Nobody named"
    to = _if("; ".join(_part(graph, p) for p in hearers), " to {}")
    kind = graph.names(statement, "eventType")
    gist = graph.text(statement, "gist") or graph.label(statement)
    when = _if(_when(graph, statement), " ({})")
    return f"{who}{to}: {kind}{when}. {gist}"


def _participation(graph: Lookup, part: str) -> str:
    return f"{_part(graph, part)}, in {graph.names(part, 'participationIn')}."


def _part(graph: Lookup, part: str) -> str:
    posts = [graph.names(tenure, "post") for tenure in graph.objects(part, "inCapacity")]
    role, capacity = graph.names(part, "role"), " and ".join(sorted(posts))
    return f"{graph.names(part, 'participant')} ({role}{_if(capacity, ', as {}')})"


def _tenure(graph: Lookup, tenure: str) -> str:
    holder, post = graph.names(tenure, "holder"), graph.names(tenure, "post")
    days = _if(", ".join(sorted(graph.texts(tenure, "attestedOn"))), "attested on {}")
    dated = graph.text(tenure, "startDate") or graph.text(tenure, "endDate")
    return _joined([f"{holder} holds the post {post}", _when(graph, tenure) if dated else "", days])


def _commitment(graph: Lookup, commitment: str) -> str:
    debtor, creditor = graph.names(commitment, "debtor"), graph.names(commitment, "creditor")
    links = [
        _if(graph.text(commitment, "conditionText"), "condition: {}"),
        _if(graph.text(commitment, "dateText"), "when: {}"),
        _if(graph.text(commitment, "dueDate"), "due {}"),
        _if(graph.names(commitment, "expressedBy"), "voiced by: {}"),
        _if(graph.names(commitment, "partOf", asserted=True), "part of: {}"),
        _if(graph.names(commitment, "restates"), "restates: {}"),
        _if(graph.names(commitment, "dependsOn"), "depends on: {}"),
    ]
    head = f"{graph.names(commitment, 'strength').upper()} of {debtor}{_if(creditor, ' to {}')}"
    return f"{head}: {graph.text(commitment, 'undertaking')} [{'; '.join(filter(None, links))}]"


def _assessment(graph: Lookup, assessment: str) -> str:
    return _joined(
        [
            f"{graph.names(assessment, 'assessmentOf')}: {graph.names(assessment, 'status')}",
            _when(graph, assessment),
        ]
    )


def _observation(graph: Lookup, observation: str) -> str:
    value = f"{_if(graph.text(observation, 'comparator'), '{} ')}{graph.text(observation, 'value')}"
    return _joined([f"{graph.text(observation, 'measure')}: {value}", _when(graph, observation)])


def _programme(graph: Lookup, programme: str) -> str:
    return _joined(
        [f"{graph.label(programme)}: a programme", _if(graph.names(programme, "runBy"), "run by {}")]
    )


def _cultural_object(graph: Lookup, thing: str) -> str:
    kept, found = graph.names(thing, "keptBy"), graph.names(thing, "foundAt")
    return _joined([f"{graph.label(thing)}: a cultural object", _if(kept, "kept by {}"), _if(found, "at {}")])


def _name_form(graph: Lookup, form: str) -> str:
    title = graph.text(form, "honorific")
    bearers = ", ".join(sorted(map(graph.label, graph.subjects(vocab.PAC + "nameForm", form))))
    return f"“{graph.text(form, 'writtenForm')}”{_if(title, ' with “{}”')}: {bearers}"


_SAY: Final[dict[str, Callable[[Lookup, str], str]]] = {
    "Statement": _statement,
    "Event": _event,
    "Participation": _participation,
    "Tenure": _tenure,
    "Commitment": _commitment,
    "StatusAssessment": _assessment,
    "Observation": _observation,
    "Programme": _programme,
    "CulturalObject": _cultural_object,
    "NameForm": _name_form,
}
"""Local name of a class -> its sentence; a statement is an event too, so the narrower comes first."""


def _when(graph: Lookup, record: str) -> str:
    start, end = graph.text(record, "startDate"), graph.text(record, "endDate")
    if start and start == end:
        days = f"on {start}"
    else:
        days = " ".join(filter(None, [_if(start, "from {}"), _if(end, "to {}")]))
    basis = graph.names(record, "dateBasis")
    wording = ", ".join(f"“{words}”" for words in graph.texts(record, "dateText"))
    noted = ", ".join(filter(None, [basis, wording]))
    return " ".join(filter(None, [days, f"({noted})" if noted else ""]))


def _if(text: str, pattern: str) -> str:
    return pattern.format(text) if text else ""


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(filter(None, parts)) + "."
