"""A small dataset that a test may bend."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.records.dataset import Dataset, read

TOML = """
name = "small"
title = "Small"
base = "https://example.org/small/"
publisher = "Nobody"
licence = "https://creativecommons.org/licenses/by/4.0/"
[[sources]]
file = "news.txt"
"""

RECORDS = """
- id: article/news
  title: News
  publisher: organization/paper
  language: en
  sourceFile: news.txt
  textStart: 0
  textEnd: 40
- id: organization/paper
  prefLabel: The Paper
- id: event/talks
  prefLabel: Talks
  eventType: meeting
  startDate: 2021-02
  endDate: 2021-02
  evidence: news.0-11
"""

TEXT = "Ada — “met” the Paper in February. End.\n"


class Make:
    """Writes a small dataset and its source text into a folder, and reads its dataset.toml."""

    records = RECORDS
    text = TEXT

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, records: str = RECORDS, text: str = TEXT) -> Dataset:
        root = self.folder / "small"
        (root / "sub").mkdir(parents=True, exist_ok=True)
        (root / "dataset.toml").write_text(TOML, encoding="utf-8")
        (root / "sub" / "all.yaml").write_text(records, encoding="utf-8")
        (self.folder / "news.txt").write_text(text, encoding="utf-8")
        return read(root)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return Make(tmp_path)
