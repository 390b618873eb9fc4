"""What changed between two releases: as an RDF patch, and as sentences for people.

    delta   Delta: the quads that went and came, sorted outside memory; counts
    patch   the delta as an RDF Patch
    things  the records that the delta is about: added, removed or changed, by class
    words   a record's change as a sentence

A graph whose leaf (docs/releases.md, "Digest") is the same in both releases is not looked at, so
that the work grows with the graphs that changed and not with the releases. Promises: applying the
patch to all quads of the one release gives exactly those of the other; the same two releases give
the same bytes; memory is bounded by the largest record. May import export, release, records, vocab, errors.
"""

from __future__ import annotations

from kg.diff.delta import Delta, Numbers, compare

__all__ = ["Delta", "Numbers", "compare"]
