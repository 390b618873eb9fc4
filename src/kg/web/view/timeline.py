"""What happened when: the dated events of a release, for an overview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kg import vocab
from kg.web.lookups import Lookups

MOST: Final = 50
"""More would be no overview; a question or the graph itself has them all."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event: its days as people write them, where it was, and who took part (IRI and label).

    ``status`` is the label of its status, unless that is that it is over.
    """

    iri: str
    label: str
    days: str
    status: str
    places: tuple[tuple[str, str], ...]
    people: tuple[tuple[str, str], ...]


def timeline(lookups: Lookups) -> list[Happening]:
    """The first ``MOST`` events with a date, by their first day, longer ones before their parts."""
    dated = []
    for iri, label in lookups.instances(vocab.PAC + "Event", asserted=True):
        first, last = (lookups.text(iri, vocab.PAC + name) for name in ("earliest", "latest"))
        if first or last:
            dated.append((first or last or "", "" if first else "0", _reversed(last or ""), label, iri))
    return [_happening(iri, label, lookups) for *_, label, iri in sorted(dated)[:MOST]]


def _reversed(day: str) -> str:
    """A day turned so that later ones sort first."""
    return day.translate(str.maketrans("0123456789", "9876543210"))


def _happening(iri: str, label: str, lookups: Lookups) -> Happening:
    start, end, basis = (
        lookups.text(iri, vocab.PAC + "startDate") or "",
        lookups.text(iri, vocab.PAC + "endDate") or "",
        {o.value for o in lookups.objects(iri, vocab.PAC + "dateBasis")},
    )
    days = start if start == end else f"{start} – {end}".strip(" –") if start and end else ""
    if not days:
        days = f"from {start}" if start else f"by {end}"
    bounded = start != end and f"{vocab.SCHEME}date-basis/bounded" in basis
    statuses = [o.value for o in lookups.objects(iri, vocab.PAC + "eventStatus")]
    people = {
        (o.value, lookups.label(o.value))
        for part in lookups.objects(iri, vocab.PAC + "hasParticipation")
        for o in lookups.objects(part.value, vocab.PAC + "participant")
    }
    places = [(o.value, lookups.label(o.value)) for o in lookups.objects(iri, vocab.PAC + "atPlace")]
    return Happening(
        iri,
        label,
        f"within {days}" if bounded and start and end else days,
        "".join(lookups.label(s) for s in statuses if not s.endswith("/completed")),
        tuple(sorted(places, key=lambda p: p[1])),
        tuple(sorted(people, key=lambda p: p[1])),
    )
