"""Who and what there is: countries with their places, bodies, posts, people and terms of office.

A country has a president and three ministers, is the seat of an international council with two posts,
and has a newspaper. Posts go in pairs: whoever held the first of a pair holds the second in the next term.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from corpus.names import LANGUAGES, Name
from corpus.texts import Library

Record = dict[str, Any]

FIRST_YEAR: Final = 2001
TERM: Final = 4
TERMS: Final = 6
LAST_YEAR: Final = FIRST_YEAR + TERM * TERMS - 1
TOPICS: Final = ("waterways", "harvests", "libraries", "glass", "weather", "bridges", "seeds", "lamps")
_FIELDS: Final = ("ports", "learning", "waters", "crafts", "roads", "fields", "letters")
_PAIRS: Final = 3
_PEOPLE: Final = _PAIRS * (TERMS + 1)


@dataclass(frozen=True)
class Post:
    """A post: its id, its title, and the id of its body."""

    id: str
    title: str
    body: str


@dataclass(frozen=True)
class Holder:
    """Somebody in a post: the ids of the person and of the tenure, and the person's name."""

    person: str
    tenure: str
    name: str
    post: Post


class Country:
    """The country of this number."""

    def __init__(self, number: int) -> None:
        name = Name(number)
        self.number = number
        self.name, self.slug = name.written(), name.slug
        self.script = LANGUAGES[1 + number % (len(LANGUAGES) - 1)]
        self.native = name.written(self.script)
        city = Name(number, 2)
        self.city, self.city_slug = f"{city.written()}-{name.written()}", f"{city.slug}-{name.slug}"
        self.state = f"state/{self.slug}"
        self.council = f"organization/council-of-{self.city_slug}"
        self.herald = f"organization/herald-of-{self.slug}"
        self.places = [f"place/{self.city_slug}{part}" for part in ("", "-palace", "-hall")]
        self.fields = [_FIELDS[(number + n) % len(_FIELDS)] for n in range(3)]
        self.ministries = [f"organization/ministry-of-{field}-of-{self.slug}" for field in self.fields]
        self.posts = list(self._posts())

    def _posts(self) -> Iterator[Post]:
        yield Post(f"post/president-of-{self.slug}", f"President of {self.name}", self.state)
        for field, body in zip(self.fields, self.ministries, strict=True):
            yield Post(
                f"post/minister-of-{field}-of-{self.slug}", f"Minister of {field} of {self.name}", body
            )
        for word in ("secretary", "deputy-secretary"):
            title = f"{word.replace('-', ' ').capitalize()} of the Council of {self.city}"
            yield Post(f"post/{word}-of-{self.city_slug}", title, self.council)

    def holder(self, post: int, year: int) -> Holder:
        """Who held a post in a year; the last term has no end."""
        term = min((year - FIRST_YEAR) // TERM, TERMS - 1)
        pair, second = divmod(post, 2)
        return self._held(self.person(pair, term - second), post)

    def person(self, pair: int, generation: int) -> Name:
        """The person who is the first of a pair in this term; generation -1 came before all."""
        return Name(self.number * _PEOPLE + pair * (TERMS + 1) + generation + 1, 4)

    def _held(self, person: Name, post: int) -> Holder:
        own = self.posts[post]
        name, slug = person_name(person)
        return Holder(f"person/{slug}", f"tenure/{slug}.{own.id.partition('/')[2]}", name, own)


def person_name(person: Name, language: str = "en") -> tuple[str, str]:
    """A person's given and family name, and the slug of both."""
    given, family = Name.__new__(Name), Name.__new__(Name)
    given.rows, family.rows = person.rows[:2], person.rows[2:] + person.rows[:1]
    return f"{given.written(language)} {family.written(language)}", f"{given.slug}-{family.slug}"


def common(visits: int) -> Iterator[Record]:
    """What all countries share: the topics, as far as so many visits take them up in turn."""
    yield {"id": "scheme/topic", "prefLabel": {"en": "Topics"}, "definition": {"en": "What it is about."}}
    for topic in TOPICS[:visits]:
        yield {"id": f"concept/{topic}", "prefLabel": {"en": topic}, "inScheme": "scheme/topic"}


def records(country: Country, library: Library) -> Iterator[Record]:
    """All things of a country, proved by an article on its posts."""
    article = library.open("handbook", country.number, f"Handbook of {country.name}")
    for thing in (*_places(country), *_bodies(country)):
        if thing["id"] in (*country.places, country.herald):
            name = thing["prefLabel"]["en"]
            thing["nameForm"] = {"writtenForm": name, "evidence": article.say(name)}
        yield thing
    for pair in range(_PAIRS):
        for generation in range(-1, TERMS):
            name, slug = person_name(country.person(pair, generation))
            tenures = []
            for post, term in ((2 * pair, generation), (2 * pair + 1, generation + 1)):
                if 0 <= term < TERMS:
                    tenures.append(_tenure(country.posts[post], term))
                    proof = article.say(
                        f"{name} was {country.posts[post].title} from {tenures[-1]['startDate']}."
                    )
                    tenures[-1]["evidence"] = proof
            native = person_name(country.person(pair, generation), country.script)[0]
            person: Record = {"id": f"person/{slug}", "prefLabel": {"en": name, country.script: native}}
            person["nameForm"] = {"writtenForm": name, "evidence": article.name_in(proof, name)}
            person["tenure"] = tenures
            if (country.number + pair + generation) % 2:
                person["sameAs"] = wikidata(country.number, 10 + pair * (TERMS + 1) + generation + 1)
            yield person
    library.add(article)
    yield {
        "id": f"article/{article.name}",
        "title": f"Handbook of {country.name}",
        "publisher": country.council,
        "language": "en",
        "issued": f"{LAST_YEAR + 1}-01-05",
        "dateBasis": "stated",
        "sourceFile": library.volume,
        "textStart": str(article.start),
        "textEnd": str(article.end),
    }


def wikidata(country: int, thing: int) -> str:
    """An item's number that Wikidata will not reach."""
    return f"wd:Q{9_000_000_000_000 + country * 100 + thing}"


def _tenure(post: Post, term: int) -> Record:
    start = FIRST_YEAR + term * TERM
    tenure: Record = {"post": post.id, "startDate": f"{start}-01-01"}
    if term + 1 < TERMS:
        tenure["endDate"] = f"{start + TERM - 1}-12-31"
    return {**tenure, "dateBasis": "stated"}


def _places(country: Country) -> Iterator[Record]:
    land = f"place/{country.slug}"
    yield {
        "id": land,
        "prefLabel": {"en": country.name, country.script: country.native},
        "placeType": "country",
    }
    city, palace, hall = country.places
    yield {"id": city, "prefLabel": {"en": country.city}, "placeType": "city", "locatedIn": land}
    yield {
        "id": palace,
        "prefLabel": {"en": f"{country.city} Palace"},
        "placeType": "palace",
        "locatedIn": city,
    }
    yield {
        "id": hall,
        "prefLabel": {"en": f"{country.city} Hall"},
        "placeType": "building",
        "locatedIn": city,
    }


def _bodies(country: Country) -> Iterator[Record]:
    yield {
        "id": country.state,
        "prefLabel": {"en": country.name, country.script: country.native},
        "territory": f"place/{country.slug}",
        "classification": "state",
        "sameAs": wikidata(country.number, 0),
    }
    for field, body in zip(country.fields, country.ministries, strict=True):
        yield {
            "id": body,
            "prefLabel": {"en": f"Ministry of {field} of {country.name}"},
            "subOrganizationOf": country.state,
            "classification": "ministry",
        }
    yield {
        "id": country.council,
        "prefLabel": {"en": f"Council of {country.city}"},
        "classification": "intergovernmental",
        "seat": country.places[0],
        "sameAs": wikidata(country.number, 1),
    }
    yield {
        "id": country.herald,
        "prefLabel": {"en": f"Herald of {country.name}"},
        "classification": "news-media",
    }
    for post in country.posts:
        yield {"id": post.id, "prefLabel": {"en": post.title}, "postIn": post.body, "singleSeat": "true"}
