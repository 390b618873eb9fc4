"""A small dataset with a history: two releases, between them a tenure that ended and a place that came."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg.build import pipeline
from kg.records import dataset, digests
from kg.release import Releases

TOML = """name = "small"
title = "Small"
base = "https://example.org/small/"
publisher = "Nobody"
licence = "https://creativecommons.org/licenses/by/4.0/"
version = "{version}"

[[sources]]
file = "news.txt"
"""

NEWS = """\
The session opened in Harbour on 13 January 2021. Ada Stone, Secretary of the League, spoke first.
"""

RECORDS = """\
- id: article/news
  title: {en: The session opens}
  publisher: organization/league
  language: en
  sourceFile: news.txt
  textStart: 0
  textEnd: 98
- id: organization/league
  prefLabel: The League
- id: post/secretary
  prefLabel: Secretary of the League
  postIn: organization/league
- id: person/ada-stone
  prefLabel: Ada Stone
  tenure:
    - post: post/secretary
      startDate: 2020-01
      evidence: news.50-84
- id: place/harbour
  prefLabel: Harbour
  placeType: city
- id: event/opening
  prefLabel: Opening of the session
  eventType: meeting
  eventStatus: completed
  startDate: 2021-01-13
  atPlace: place/harbour
  evidence: news.0-49
  participation:
    - participant: person/ada-stone
      role: speaker
      evidence: news.50-96
"""

CHANGES = """# Changes of the small dataset

## 0.1.0
- The first records.
"""


@dataclass(frozen=True)
class History:
    """A dataset, its store, and the digests of its releases, the oldest first."""

    folder: Path
    store: Path
    digests: tuple[str, ...]

    @property
    def releases(self) -> Releases:
        return Releases(self.store, "small")

    def path(self, digest: str) -> Path:
        return self.store / "small" / "releases" / digest

    def kg(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """The command, in a process of its own, on this dataset and store."""
        return subprocess.run(
            [sys.executable, "-m", "kg", *map(str, arguments), *self.where],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def where(self) -> list[str]:
        return ["--dataset", str(self.folder), "--store", str(self.store)]

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file of the dataset."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        (self.folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def build(self) -> str:
        return pipeline.build(dataset.read(self.folder), store=self.store).release.digest


@pytest.fixture(scope="session")
def _two_releases(tmp_path_factory: pytest.TempPathFactory) -> History:
    room = tmp_path_factory.mktemp("history")
    folder = room / "small"
    (room / "sources").mkdir()
    folder.mkdir()
    (room / "sources" / "news.txt").write_text(NEWS, encoding="utf-8")
    (folder / "dataset.toml").write_text(TOML.format(version="0.1.0"), encoding="utf-8")
    (folder / "records.yaml").write_text(RECORDS, encoding="utf-8")
    (folder / "CHANGES.md").write_text(CHANGES, encoding="utf-8")
    digests.write(dataset.read(folder), room / "sources")
    made = History(folder, room / "store", ())
    first = made.build()
    made.change("records.yaml", "startDate: 2020-01\n", "startDate: 2020-01\n      endDate: 2023-06\n")
    made.change("records.yaml", "prefLabel: Harbour", "prefLabel: Harbour City")
    (folder / "more.yaml").write_text("- id: place/hill\n  prefLabel: Hill\n  placeType: city\n")
    made.change("dataset.toml", "0.1.0", "0.2.0")
    made.change("CHANGES.md", "## 0.1.0", "## 0.2.0\n- Ada Stone left\n  in June 2023.\n\n## 0.1.0")
    return History(folder, made.store, (first, made.build()))


@pytest.fixture
def history(_two_releases: History, tmp_path: Path) -> History:
    """Two releases of a small dataset, copied for a test that may spoil them."""
    shutil.copytree(_two_releases.folder, tmp_path / "small")
    shutil.copytree(_two_releases.store, tmp_path / "store", copy_function=shutil.copy2)
    return History(tmp_path / "small", tmp_path / "store", _two_releases.digests)


def flip(path: Path, place: float = 0.5) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 1
    path.write_bytes(content)


def largest(folder: Path) -> Path:
    """The table of a store that holds the most."""
    return max(folder.glob("store/*.sst"), key=lambda p: p.stat().st_size)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}
