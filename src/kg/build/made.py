"""What both ways of building hand on to the pipeline: the records as a ledger, then the store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Store

from kg.build.ledger import Ledger
from kg.build.progress import Meter
from kg.build.report import Result
from kg.build.shards import Statistics
from kg.findings import Finding
from kg.release.digest import GraphDigest


@dataclass(frozen=True, slots=True)
class Derived:
    """A store of everything but the description, its statistics, and the digests of the derived graphs."""

    store: Store
    statistics: Statistics
    leaves: tuple[GraphDigest, ...]


@dataclass(slots=True)
class Made(ABC):
    """What the records say, and what is wrong with them so far; ``judge`` and ``derive`` in this order."""

    ledger: Ledger
    findings: tuple[Finding, ...]

    @abstractmethod
    def judge(self) -> list[Result]:
        """What the shapes and the checks find in what is asserted. Raises EnvironmentFault."""

    @abstractmethod
    def derive(self, meter: Meter, staged: Path) -> Derived:
        """Infer, and write the store below ``staged``. Raises OSError."""
