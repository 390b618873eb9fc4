"""What pruning keeps, and what it did: a rule and its outcome, without any file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """A release as the rule sees it. ``fault`` says what is damaged; ``age`` is in seconds."""

    digest: str
    age: float
    fault: str | None = None
    foreign: bool = False
    """True of a release in the format of a later kg."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the ``newest`` whole releases, those younger than ``days``, and damaged ones unless told.

    With ``only``, all but these digests are kept instead, and of these the ones that never go.
    """

    newest: int
    days: float = 0
    damaged: bool = True
    only: frozenset[str] | None = None

    def reasons(self, releases: Iterable[Standing], current: str | None) -> dict[str, str]:
        """Why each release is kept; one that is not in here may go. ``releases``: the newest first."""
        found: dict[str, str] = {}
        whole = 0
        for each in releases:
            whole += each.fault is None
            if each.digest == current:
                found[each.digest] = "current"
            elif each.foreign:
                found[each.digest] = "made by a later kg"
            elif self.only is not None:
                if each.digest not in self.only:
                    found[each.digest] = "not named"
            elif each.fault:
                if self.damaged:
                    found[each.digest] = "damaged: --damaged removes it"
            elif whole <= self.newest:
                found[each.digest] = f"one of the newest {self.newest}" if self.newest > 1 else "the newest"
            elif each.age < self.days * 86_400:
                found[each.digest] = f"younger than {self.days:g} days"
        return found


@dataclass(frozen=True, slots=True)
class Pruned:
    """``removed``: digest -> bytes that were freed; ``kept``: digest -> why. The newest first."""

    removed: dict[str, int]
    kept: dict[str, str]
