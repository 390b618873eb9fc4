"""The names in a store, found in spite of spelling: an index over labels and written forms.

Letters count without case and marks (``Şuşa`` is ``susa``), ``ə`` as e, ``ı`` as i; a word may be the
beginning of another, or one letter off (two, if it is long), which covers most ways to transcribe a name;
and words may be written together (``AlMalik`` is ``Al Malik``).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any, Final

import pyoxigraph as ox

from kg import vocab
from kg.web.lookups import Lookups

MOST_NAMES: Final = 100_000
"""Names that are indexed: about a second's work, done once, when the first search comes."""

MOST_WORDS: Final = 6
"""Words of a search that count."""

EXACT, BEGINS, NEAR, FAR = 1.0, 0.8, 0.6, 0.5

_NAMES: Final = (
    *(vocab.SKOS + name for name in ("prefLabel", "altLabel", "hiddenLabel")),
    *(vocab.RDFS + "label", vocab.DCTERMS + "title", vocab.FOAF + "name", vocab.SCHEMA + "name"),
    vocab.PAC + "writtenForm",
)
_FORM_OF: Final = ox.NamedNode(vocab.PAC + "nameForm")
_LETTERS: Final = str.maketrans({"ə": "e", "ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found: by which of its names, and how well that fits (at most 1)."""

    iri: str
    name: str
    score: float


def words(text: str) -> list[str]:
    """The words of a text, as they are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


class Names:
    """An index of (IRI, name) pairs."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._names = list(dict.fromkeys(names))
        self._having: dict[str, list[int]] = defaultdict(list)
        self._together: dict[str, list[int]] = defaultdict(list)
        for number, (_, name) in enumerate(self._names):
            found = words(name)
            for word in set(found):
                self._having[word].append(number)
            for both in set(map("".join, pairwise(found))):
                self._together[both].append(number)
        self._words = sorted(self._having)
        self._by_pair: dict[str, list[int]] = defaultdict(list)
        for number, word in enumerate(self._words):
            for pair in set(_pairs(word)):
                self._by_pair[pair].append(number)

    def search(self, text: str) -> list[Hit]:
        """What is called like this, the best first; of each thing its best name."""
        asked = words(text)[:MOST_WORDS]
        best: dict[str, Hit] = {}
        for number, score in self._scores(asked).items():
            iri, name = self._names[number]
            fit = score * (0.9 + 0.1 * min(1.0, len(asked) / max(1, len(words(name)))))
            if iri not in best or fit > best[iri].score:
                best[iri] = Hit(iri, name, round(fit, 3))
        return sorted(best.values(), key=lambda hit: (-hit.score, len(hit.name), hit.name, hit.iri))

    def _scores(self, asked: list[str]) -> dict[int, float]:
        """How well each name fits: half of the words at least must be in it, alone or written together."""
        if not asked:
            return {}
        total: Counter[int] = Counter()
        for word in asked:
            total.update(self._with(word))
        scores = {number: score / len(asked) for number, score in total.items()}
        together = self._with("".join(asked)) if len(asked) > 1 else {}
        for number, score in together.items():
            scores[number] = max(scores.get(number, 0.0), score)
        return {number: score for number, score in scores.items() if score >= FAR}

    def _with(self, word: str) -> dict[int, float]:
        """The names that have a word, and how near theirs is to it."""
        found = dict.fromkeys(self._together.get(word, ()), EXACT)
        for other, score in (*self._near(word), *self._beginning(word)):
            for number in self._having[other]:
                found[number] = max(found.get(number, 0.0), score)
        return found

    def _beginning(self, word: str) -> Iterator[tuple[str, float]]:
        """The word itself, and words that begin with it."""
        for other in islice(self._words, bisect_left(self._words, word), None):
            if not other.startswith(word):
                return
            if other == word or len(word) > 1:
                yield other, EXACT if other == word else BEGINS

    def _near(self, word: str) -> Iterator[tuple[str, float]]:
        """Words that differ by a letter or two; those that share too few pairs of them are left out."""
        errors = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        if not errors:
            return
        shared: Counter[int] = Counter()
        for pair in _pairs(word):
            shared.update(self._by_pair.get(pair, ()))
        least = max(1, len(word) + 1 - 3 * errors)
        for number in [number for number, count in shared.items() if count >= least]:
            if far := distance(word, self._words[number], errors):
                yield self._words[number], NEAR if far == 1 else FAR


def distance(one: str, other: str, most: int) -> int:
    """How many letters are changed, added, left out or swapped with the next; 0 for more than ``most``."""
    if abs(len(one) - len(other)) > most:
        return 0
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return 0
    return row[-1] if row[-1] <= most else 0


def _pairs(word: str) -> list[str]:
    return ["".join(pair) for pair in pairwise(f"^{word}$")]


@lru_cache(maxsize=2)
def of(lookups: Lookups) -> Names:
    """The index of a store, made once."""
    return Names(islice(_read(lookups), MOST_NAMES))


def _read(lookups: Lookups) -> Iterator[tuple[str, str]]:
    """Every name with what it is the name of; a written form is a name of the thing whose form it is."""
    for predicate in _NAMES:
        for quad in lookups.store.quads_for_pattern(None, ox.NamedNode(predicate), None, ox.DefaultGraph()):
            if not isinstance(quad.subject, ox.NamedNode) or not isinstance(quad.object, ox.Literal):
                continue
            for owner in _owners(lookups, quad.subject):
                yield owner.value, quad.object.value


def _owners(lookups: Lookups, subject: Any) -> list[Any]:
    forms = lookups.store.quads_for_pattern(None, _FORM_OF, subject, ox.DefaultGraph())
    return [q.subject for q in forms if isinstance(q.subject, ox.NamedNode)] or [subject]
