"""``kg tell``: a release read back as sentences, to be held beside the source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kg.build import pipeline
from kg.errors import NotFound
from kg.export import prose
from kg.records import check, load
from kg.records.dataset import Dataset
from kg.release import Release


def told(release: Release, article: str, *, quotes: bool = False) -> list[str]:
    return list(prose.tell(release.open_store(), release.base, article, quotes=quotes))


def cited_records(bundled: Dataset, article: str) -> set[str]:
    """The ids of the records whose own evidence is in this article."""
    records = (inner for top in load.parse(bundled).records for inner in top.all())
    return {r.id for r in records for v in r.values.get("evidence", ()) if v.text.startswith(f"{article}.")}


def test_every_record_of_every_article_is_told(bundled: Dataset, release: Release):
    articles = prose.articles(release.open_store())
    assert articles
    for article in (each.rpartition("/")[2] for each in articles):
        lines = told(release, article)
        sentences = [e for e in lines[: lines.index("## Cited by no record")] if re.match(r"\[\d+–\d+", e)]
        assert len(sentences) == len(cited_records(bundled, article)) > 20


@pytest.mark.parametrize(
    "sentence",
    [
        "Anar Karimov (attendee, as Minister of Culture of Azerbaijan and President of the",
        "PROPOSAL of ICESCO to Azerbaijan: Open a regional office of ICESCO in Baku.",
        "Ilham Aliyev holds the post President of Azerbaijan, attested on 2021-01-13, 2021-01-14.",
        "“Aliyev” with “President”: Ilham Aliyev",
        "reception, on 2021-01-13 (derived, “today, Wednesday, January 13”), at Presidential Palace, Baku",
    ],
)
def test_a_record_is_a_sentence_with_its_stretch(release: Release, sentence: str):
    (line,) = [each for each in told(release, "article/president-reception") if sentence in each]
    assert re.match(r"\[\d+–\d+", line)


def test_the_stretches_that_no_record_cites_are_named(bundled: Dataset, release: Release):
    lines = told(release, "president-reception")
    gaps = lines[lines.index("## Cited by no record") + 1 : -1]
    spans = [p for p, _ in check.cited(load.parse(bundled).records) if p.article == "president-reception"]
    for gap in gaps:
        start, end = map(int, re.findall(r"\d+", gap)[:2])
        assert not any(p.start < end and p.end > start for p in spans), gap


def test_quotes_stand_below_only_in_a_release_that_has_them(
    bundled: Dataset, release: Release, sources: Path, tmp_path: Path
):
    quoting = pipeline.build(bundled, sources=sources, store=tmp_path).release
    assert any(line.startswith("    > ") for line in told(quoting, "president-reception", quotes=True))
    assert not any(line.startswith("    > ") for line in told(release, "president-reception", quotes=True))


def test_an_unknown_article_is_told_with_those_that_there_are(release: Release):
    with pytest.raises(NotFound) as raised:
        told(release, "president-receptoin")
    assert "president-reception" in str(raised.value.hint)
