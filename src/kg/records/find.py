"""Words to passages: where a text stands in the sources, however its spaces, quotes and accents are typed.

A text and what is looked for are folded alike: white space to single spaces, all quotes of a kind and all
dashes to one, letters to small ones without marks (Unicode NFKD), invisible characters to nothing. Each
folded character knows which stretch of the text it stands for, so that offsets are those of the text.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from kg.records.names import FOLD
from kg.records.passages import Passage, SourceText

_SAME: Final = str.maketrans(
    {**dict.fromkeys("“”„‟«»″〝〞＂", '"'), **dict.fromkeys("‘’‚‛‹›′`´ʼ＇", "'"), "−": "-"}
)
_WORD: Final = re.compile(r"\w+")
_GAP: Final = "..."
_FAR: Final = 5_000
"""So many characters may lie between the words before and after a gap: an article's length."""
_TRIED: Final = 40
_ALIKE: Final = 0.5


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Code points ``start`` to ``end`` (not included) of a text."""

    start: int
    end: int


@dataclass(frozen=True)
class Folded:
    """A text made plain; ``starts`` and ``ends`` say what each of its characters stands for."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def stretch(self, start: int, end: int) -> Stretch:
        """The stretch of the original that these characters stand for."""
        return Stretch(self.starts[start], self.ends[end - 1])

    @cached_property
    def words(self) -> list[re.Match[str]]:
        """The words, in order."""
        return list(_WORD.finditer(self.text))


def fold(text: str) -> Folded:
    """The text without what typing differs in."""
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for place, character in enumerate(text):
        made = _plain(character)
        if made == " " and (not letters or letters[-1] == " "):
            made = ""
        elif not made and letters and unicodedata.combining(character):
            ends[-1] = place + 1  # a mark belongs to the letter before it
        for letter in made:
            letters.append(letter)
            starts.append(place)
            ends.append(place + 1)
    return Folded("".join(letters), tuple(starts), tuple(ends))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Pd":
        return "-"
    if category == "Cf":  # soft hyphen, zero-width characters
        return ""
    same = character.translate(_SAME)
    if same != character:
        return same
    folded = unicodedata.normalize("NFKD", character.lower().translate(FOLD)).casefold()
    return "".join(c for c in folded if not unicodedata.combining(c))


def find(source: SourceText, wanted: str) -> list[Stretch]:
    """Where the words stand: exactly as typed if they do anywhere, else folded alike.

    ``…`` or ``...`` in ``wanted`` stands for whatever lies between. Whole words come first: what begins
    or ends inside a word counts only where nothing else is found.
    """
    asked = wanted.strip()
    if not asked:
        return []
    exact = [Stretch(m.start(), m.end()) for m in re.finditer(re.escape(asked), source.text)]
    found = _whole(source, exact) or _whole(source, list(_folded(source.text, asked))) or exact
    return found or list(_folded(source.text, asked))


def _whole(source: SourceText, found: list[Stretch]) -> list[Stretch]:
    return [each for each in found if not source.cuts(Passage("", each.start, each.end))]


def _folded(text: str, wanted: str) -> Iterator[Stretch]:
    whole = fold(text)
    asked = fold(wanted).text.strip()
    parts = [part.strip() for part in asked.split(_GAP) if part.strip()]
    hits = list(_chains(whole.text, [asked])) if parts else []
    if not hits and len(parts) > 1:
        hits = list(_chains(whole.text, parts))
    yield from (whole.stretch(start, end) for start, end in hits)


def _chains(text: str, parts: list[str]) -> Iterator[tuple[int, int]]:
    """Where the parts follow one another, each time as close together as they do."""
    first, *rest = parts
    end = 0
    while (start := text.find(first, end)) >= 0:
        end = second = start + len(first)
        for number, part in enumerate(rest):
            place = text.find(part, end, end + _FAR)
            if place < 0:
                break
            second = place if number == 0 else second
            end = place + len(part)
        else:
            yield (max(start, text.rfind(first, start, second)) if rest else start), end
            continue
        end = start + len(first)


def nearest(source: SourceText, wanted: str) -> tuple[float, Stretch] | None:
    """The stretch of as many words that is most like ``wanted``, and how like (0 to 1); None if none is.

    Of words around a gap, those are looked for that are not found by themselves.
    """
    whole = fold(source.text)
    parts = fold(wanted).text.split(_GAP)
    missing = next((part for part in parts if part not in whole.text), " ".join(parts))
    asked = [m[0] for m in _WORD.finditer(missing)]
    known = {m[0] for m in whole.words}
    meant = Counter(near for word in asked for near in _near(word, known))
    if not meant or len(whole.words) < len(asked):
        return None
    tried = sorted(_windows(whole, len(asked), meant), key=lambda w: (-w[0], w[1]))[:_TRIED]
    scored = [(_likeness(whole, start, end, asked), whole.stretch(start, end)) for _, start, end in tried]
    best = max(scored, key=lambda each: each[0], default=(0.0, Stretch(0, 0)))
    return best if best[0] >= _ALIKE else None


def _near(word: str, known: set[str]) -> list[str]:
    return [word] if word in known else difflib.get_close_matches(word, known, 1, 0.7)


def _windows(whole: Folded, size: int, meant: Counter[str]) -> Iterator[tuple[int, int, int]]:
    """(How many of the words meant it has, start, end) of each run of ``size`` words that has any."""
    words = whole.words
    for first in range(len(words) - size + 1):
        run = words[first : first + size]
        shared = sum((Counter(m[0] for m in run) & meant).values())
        if shared:
            yield shared, run[0].start(), run[-1].end()


def _likeness(whole: Folded, start: int, end: int, asked: list[str]) -> float:
    return difflib.SequenceMatcher(None, whole.text[start:end], " ".join(asked), autojunk=False).ratio()
