"""What happened: visits, each told by an article, with meetings, statements and a commitment.

Countries are drawn unevenly, so that a few bodies are in very many events. A visit has up to eight
events, statements included; the last one of a dataset is cut to the number that is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Final

from corpus.texts import Article, Library
from corpus.world import FIRST_YEAR, LAST_YEAR, TOPICS, Country, Holder, Record

SIZE: Final = 8
_DAYS: Final = (date(LAST_YEAR, 12, 20) - date(FIRST_YEAR, 1, 10)).days
_SPEECHES: Final = ("praise", "thanks", "remark", "welcome", "suggestion", "appeal")
_STRENGTHS: Final = ("firm-undertaking", "firm-undertaking", "declared-intent", "offer", "proposal")
_MEALS: Final = ("reception", "luncheon", "museum-tour")
_WORKS: Final = ("aid", "opening", "publication", "share-information")


class Visit:
    """The visit of this number: who called on whom, when, and about what."""

    def __init__(self, number: int, size: int, countries: int, seed: int) -> None:
        self.number, self.size = number, size
        self.draw = Random(f"{seed}.{number}")
        host = int(countries * self.draw.random() ** 3)
        guest = (host + 1 + int((countries - 1) * self.draw.random() ** 2)) % countries
        self.host, self.guest = Country(host), Country(guest)
        start = date(FIRST_YEAR, 1, 10) + timedelta(days=self.draw.randrange(_DAYS))
        self.day = min(start, date(start.year, 12, 20))
        self.works_day = self.day + timedelta(days=self.draw.randrange(30, 400))
        self.visitor = self.guest.holder(self.draw.choice((0, 1, 4, 4, 4, 5)), self.day.year)
        self.receiver = self.host.holder(self.draw.choice((0, 1, 2, 3)), self.day.year)
        self.topic = f"concept/{TOPICS[number % len(TOPICS)]}"
        self.slug = f"visit-{number:06}"

    def records(self, library: Library) -> Iterator[Record]:
        """The article, the events and the commitment of this visit."""
        title = f"Report {self.number} on {self.host.city}"
        article = library.open("report", self.number, title)
        yield from self._events(article)
        if self.size > 2:
            yield self._commitment(article)
        library.add(article)
        yield {
            "id": f"article/{article.name}",
            "title": title,
            "publisher": self.host.herald,
            "language": "en",
            "issued": (self.works_day + timedelta(days=2)).isoformat(),
            "dateBasis": "stated",
            "sourceFile": library.volume,
            "textStart": str(article.start),
            "textEnd": str(article.end),
        }

    def _events(self, article: Article) -> Iterator[Record]:
        """As many as there are to be; statements stand inside the meeting and count as events."""
        yield self._whole(article)
        if self.size > 1:
            yield self._meeting(article)
        if self.size > 5:
            yield self._meal(article)
        if self.size > 6:
            yield self._works(article)
        if self.size > 7:
            yield self._session(article)

    def _whole(self, article: Article) -> Record:
        who = self.visitor
        last = self.day + timedelta(days=2)
        record = {
            "id": f"event/{self.slug}",
            "prefLabel": {"en": f"Visit of {who.name} to {self.host.city}, {self.day:%B %Y}"},
            "eventType": "official-visit",
            "eventStatus": "completed",
            **_dates(self.day, last),
            "atPlace": self.host.places[0],
            "topic": self.topic,
            "participation": [_part(who, "visitor"), _part(self.receiver, "counterpart")],
            "evidence": article.say(
                f"{who.post.title}, {who.name}, was in {self.host.city} from {self.day} to {last}."
            ),
        }
        if self.number % 16 == 8:
            record["note"] = {"en": "Revision 0 of this record."}
        return record

    def _meeting(self, article: Article) -> Record:
        record = {
            "id": f"event/{self.slug}-talks",
            "prefLabel": {"en": f"Talks of {self.visitor.name} and {self.receiver.name}"},
            "eventType": "meeting",
            "eventStatus": "completed",
            **_dates(self.day, self.day),
            "subEventOf": f"event/{self.slug}",
            "atPlace": self.host.places[2],
            "participation": [_part(self.receiver, "host"), _part(self.visitor, "guest")],
            "evidence": article.say(f"On {self.day} the guest met {self.receiver.name}."),
        }
        if self.size > 2:
            record["statement"] = [
                self._promise(article),
                *(self._speech(article, key) for key in ("first", "second")[: self.size - 3]),
            ]
        return record

    def _promise(self, article: Article) -> Record:
        topic = self.topic.partition("/")[2]
        return {
            "key": "promise",
            "prefLabel": {"en": f"{self.receiver.name} on {topic}"},
            "eventType": "announcement",
            "gist": {"en": f"Says that help with {topic} will come by {self.works_day}."},
            "participation": [_part(self.receiver, "speaker"), _part(self.visitor, "addressee")],
            "evidence": article.say(f"He said that help with {topic} would come by {self.works_day}."),
        }

    def _speech(self, article: Article, key: str) -> Record:
        kind = self.draw.choice(_SPEECHES)
        who = self.visitor if key == "first" else self.receiver
        return {
            "key": key,
            "prefLabel": {"en": f"{kind.capitalize()} by {who.name}"},
            "eventType": kind,
            "participation": [_part(who, "speaker")],
            "evidence": article.say(f"Words of {kind} came from {who.name}."),
        }

    def _meal(self, article: Article) -> Record:
        kind = self.draw.choice(_MEALS)
        return {
            "id": f"event/{self.slug}-{kind}",
            "prefLabel": {"en": f"{kind.capitalize()} for {self.visitor.name}"},
            "eventType": kind,
            "subEventOf": f"event/{self.slug}",
            "atPlace": self.host.places[1],
            "participation": [_part(self.visitor, "guest")],
            "evidence": article.say(f"A {kind} followed in the palace."),
        }

    def _works(self, article: Article) -> Record:
        kind = self.draw.choice(_WORKS)
        return {
            "id": f"event/{self.slug}-works",
            "prefLabel": {"en": f"{kind.capitalize()} in {self.guest.city}, {self.works_day:%B %Y}"},
            "eventType": kind,
            "eventStatus": "completed",
            **_dates(self.works_day, self.works_day),
            "atPlace": self.guest.places[0],
            "topic": self.topic,
            "participation": [{"participant": self.receiver.post.body, "role": "organiser"}],
            "evidence": article.say(f"On {self.works_day} the help arrived in {self.guest.city}."),
        }

    def _session(self, article: Article) -> Record:
        return {
            "id": f"event/{self.slug}-session",
            "prefLabel": {"en": f"Session in {self.host.city}, {self.day:%B %Y}"},
            "eventType": "conference",
            **_dates(self.day, self.day),
            "atPlace": self.host.places[0],
            "participation": [
                {"participant": self.guest.council, "role": "organiser"},
                {"participant": self.host.state, "role": "attendee"},
            ],
            "evidence": article.say(f"The council sat in {self.host.city} on {self.day}."),
        }

    def _commitment(self, article: Article) -> Record:
        topic = self.topic.partition("/")[2]
        record = {
            "id": f"commitment/{self.slug}",
            "prefLabel": {"en": f"Help with {topic} for {self.guest.name} ({self.number})"},
            "strength": self.draw.choice(_STRENGTHS),
            "undertaking": {"en": f"Help {self.guest.name} with {topic} by {self.works_day}."},
            "debtor": self.receiver.post.body,
            "creditor": self.visitor.post.body,
            "topic": self.topic,
            "dueDate": self.works_day.isoformat(),
            "expressedBy": f"statement/{self.slug}-talks.promise",
            "verifiability": "verifiable",
            "evidence": article.say(f"{self.receiver.name} will be held to it."),
        }
        if self.size > 6:
            record |= self._outcome(article)
        return record

    def _outcome(self, article: Article) -> Record:
        """What became of the commitment: three of four are kept, by the works."""
        day = self.works_day.isoformat()
        if self.number % 4:
            kept = {"status": "discharged", "completion": "complete", "startDate": day}
            return {"fulfilledBy": f"event/{self.slug}-works", "assessment": kept}
        proof = article.say(f"By {day} {self.receiver.name} had sent too little.")
        broken = {"status": "violated", "completion": "limited", "startDate": day, "evidence": proof}
        return {"assessment": broken}


def _part(who: Holder, role: str) -> Record:
    return {"participant": who.person, "role": role, "inCapacity": who.tenure}


def _dates(first: date, last: date) -> Record:
    return {"startDate": first.isoformat(), "endDate": last.isoformat(), "dateBasis": "stated"}
