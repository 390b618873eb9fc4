"""The numbers in docs/data.md are those of the bundled dataset."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kg.release import Release

PAPER = (Path(__file__).resolve().parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
ROWS = {
    "articles": ["pac:Article"],
    "events": ["pac:Event"],
    "statements": ["pac:Statement"],
    "commitments": ["pac:Commitment"],
    "participations": ["pac:Participation"],
    "people": ["foaf:Person"],
    "posts and tenures": ["org:Post", "pac:Tenure"],
    "organisations, units, states, groups": [
        "org:Organization",
        "org:OrganizationalUnit",
        "pac:State",
        "foaf:Group",
    ],
    "places": ["pac:Place"],
    "cultural objects, programmes, observations": ["pac:CulturalObject", "pac:Programme", "pac:Observation"],
    "written forms of names": ["pac:NameForm"],
    "judgements of identity": ["pac:IdentityJudgement"],
}


def counted(release: Release) -> dict[str, Any]:
    return dict(release.manifest["counts"]["classes"])


@pytest.mark.parametrize("row", ROWS)
def test_a_number_of_the_data_paper_is_true(row: str, release: Release):
    found = re.search(rf"^\| {row} \| ([0-9, ]+) \|", PAPER, re.M)
    assert found
    assert [int(n) for n in found[1].split(",")] == [counted(release)[cls] for cls in ROWS[row]]


def test_the_number_of_passages_in_the_data_paper_is_true(release: Release):
    assert f"{counted(release)['pac:Passage']} passages" in PAPER
