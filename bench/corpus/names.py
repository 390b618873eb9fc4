"""Names that nobody bears: composed of syllables, each of which is known in five scripts."""

from __future__ import annotations

from typing import Final

# Latin, Cyrillic, Greek, Georgian, Devanagari. All Latin ones have two letters, so that different
# syllables never make the same name.
_SYLLABLES: Final = tuple(
    row.split()
    for row in """
ba ба μπα ბა बा|do до ντο დო दो|fe фе φε ფე फे|gi ги γκι გი गी|ha ха χα ჰა हा|ju йу γιου იუ जू
ka ка κα კა का|lo ло λο ლო लो|me ме με მე मे|ni ни νι ნი नी|pa па πα პა पा|qo ко κο ყო क़ो
ru ру ρου რუ रू|se се σε სე से|ti ти τι ტი टी|va ва βα ვა वा|wo уо ουο ვო वो|xe ксе ξε ქსე क्से
ya йа για ია या|zu зу ζου ზუ ज़ू|mo мо μο მო मो|le ле λε ლე ले|ri ри ρι რი री|ta та τα თა ता
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
LANGUAGES: Final = ("en", "ru", "el", "ka", "hi")
"""What the scripts are taken for: the language tags of the texts written in them."""

_STRIDE: Final = 205_037
"""A prime: neighbours get names that look nothing like each other's."""


class Name:
    """The name of this number, of so many syllables. Different numbers have different names, as long
    as there are enough: 24 ** syllables."""

    def __init__(self, number: int, syllables: int = 3) -> None:
        base = len(_SYLLABLES)
        rest = (number * _STRIDE + 101) % base**syllables
        self.rows = [_SYLLABLES[rest // base**place % base] for place in range(syllables)]

    @property
    def slug(self) -> str:
        """The name in lower-case Latin letters."""
        return "".join(row[0] for row in self.rows)

    def written(self, language: str = "en") -> str:
        """The name in the script of this language."""
        return "".join(row[LANGUAGES.index(language)] for row in self.rows).capitalize()
