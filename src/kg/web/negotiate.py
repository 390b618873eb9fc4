"""Content negotiation: which of the formats on offer the client likes best (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.errors import NotAcceptable
from kg.formats import Format

HTML: Final = Format("html", "text/html", "html", "", (), ("application/xhtml+xml",), charset=True)
"""The page for people; beside the formats of ``kg.formats`` in an offer. No engine writes it."""
DOCUMENT: Final = Format("json", "application/json", "json", "")
"""A JSON document of this server's own."""


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One element of an Accept header, its weight between 0 and 1; other parameters are ignored."""

    media_type: str
    quality: float

    @property
    def specificity(self) -> int:
        """0 for ``*/*``, 1 for ``text/*``, 2 for a whole type: the most specific range decides."""
        return 2 - self.media_type.count("*")


def parse_accept(header: str | None) -> tuple[MediaRange, ...]:
    """The ranges of an Accept header; none or an empty header is ``*/*``.

    An element that is no media range, or whose weight cannot be read, is left out.
    """
    if header is None or not header.strip():
        return (MediaRange("*/*", 1.0),)
    return tuple(r for part in header.split(",") if (r := _range(part)) is not None)


def _range(part: str) -> MediaRange | None:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    main, slash, sub = media_type.partition("/")
    if not (main and slash and sub) or (main == "*" and sub != "*"):
        return None
    weights = [p.partition("=")[2].strip() for p in parameters if p.partition("=")[0].strip() == "q"]
    try:
        quality = float(weights[0]) if weights else 1.0
    except ValueError:
        return None
    return MediaRange(media_type, quality) if 0.0 <= quality <= 1.0 else None


def quality(offer: Format, ranges: Sequence[MediaRange]) -> float:
    """How much the client wants this format; 0 is not at all.

    A wildcard reaches a format by its official type only, so that ``text/*`` does not bring
    N-Triples because ``text/plain`` is one of its other names.
    """
    official = offer.media_type.partition("/")[0] + "/*"
    best = MediaRange("", 0.0)
    rank = -1
    for candidate in ranges:
        fits = candidate.media_type in (*offer.media_types, official, "*/*")
        if fits and (candidate.specificity, candidate.quality) > (rank, best.quality if rank >= 0 else -1.0):
            best, rank = candidate, candidate.specificity
    return best.quality


def choose(offers: Sequence[Format], accept: str | None) -> Format:
    """The offer of the highest quality, the earlier one where two are equal.

    Raises NotAcceptable, listing what there is, when none has a quality above 0.
    """
    ranges = parse_accept(accept)
    best = max(offers, key=lambda offer: quality(offer, ranges))
    if quality(best, ranges) > 0:
        return best
    offered = ", ".join(offer.media_type for offer in offers)
    raise NotAcceptable(f"nothing here is acceptable under Accept: {accept}", hint=f"available: {offered}")


def prefers_html(accept: str | None, others: Sequence[str]) -> bool:
    """True when HTML is clearly preferred: wanted more than every one of ``others`` (media types).

    A browser's header qualifies; ``*/*`` alone does not.
    """
    ranges = parse_accept(accept)
    html = quality(HTML, ranges)
    return all(html > quality(Format("", other, "", ""), ranges) for other in others)
