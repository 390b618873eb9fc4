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
from functools import cached_property
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
    parts = [re.escape(part.strip()) for part in asked.split(_GAP) if part.strip()]
    if not parts:
        return
    literal = re.escape(asked)
    patterns = [literal, rf".{{0,{_FAR}}}?".join(parts)] if len(parts) > 1 else [literal]
    for pattern in patterns:
        hits = [whole.stretch(m.start(), m.end()) for m in re.finditer(pattern, whole.text)]
        if hits:
            yield from hits
            return


def nearest(source: SourceText, wanted: str) -> tuple[float, Stretch] | None:
    """The stretch of as many words that is most like ``wanted``, and how like (0 to 1); None if none is."""
    whole = fold(source.text)
    asked = [m[0] for m in _WORD.finditer(fold(wanted).text)]
    known = {m[0] for m in whole.words}
    meant = Counter(near for word in asked for near in _near(word, known))
    if not meant or len(whole.words) < len(asked):
        return None
    tried = sorted(_windows(whole, len(asked), meant), reverse=True)[:_TRIED]
    scored = [(_likeness(whole, start, end, asked), whole.stretch(start, end)) for _, start, end in tried]
    best = max(scored, default=(0.0, Stretch(0, 0)))
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
