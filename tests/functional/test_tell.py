"""``kg tell``: a release read back as sentences, to be held beside the source."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.build import pipeline
from kg.errors import NotFound
from kg.export import prose
from kg.records import load
from kg.records.citations import cited
from kg.records.dataset import Dataset
from kg.release import Release


def told(release: Release, article: str, *, quotes: bool = False) -> list[str]:
    store = release.open_store()
    return prose.tell(store, release.base, prose.find(store, release.base, article), quotes=quotes)


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
    assert lines[lines.index("## Cited by no record") + 1 : -1] == ["[10326–10355] 29 code points"]
    spans = [p for p, _ in cited(load.parse(bundled).records) if p.article == "president-reception"]
    assert not any(p.start < 10355 and p.end > 10326 for p in spans)


SMALL = """
@prefix pac: <https://w3id.org/pac/ns#> . @prefix oa: <http://www.w3.org/ns/oa#> .
@prefix ex: <https://example.org/id/> . @prefix g: <https://example.org/graph/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix event: <https://example.org/id/event/> .
@prefix eg: <https://example.org/graph/event/> .
g:news { ex:news a pac:Article ; pac:textStart 0 ; pac:textEnd 90 .
         ex:p a pac:Passage ; pac:inArticle ex:news ;
         oa:start 10 ; oa:end 65 . }
eg:inferred { event:inferred a pac:Event ; rdfs:label "Tea" ; pac:subEventOf ex:day ; pac:evidence ex:p . }
g:day { ex:day a pac:Event ; rdfs:label "Day" ; pac:subEventOf ex:week . }
g:week { ex:week a pac:Event ; rdfs:label "Week" . }
g:inferred { event:inferred pac:subEventOf ex:week . }
"""


@pytest.fixture
def small() -> ox.Store:
    store = ox.Store()
    store.load(SMALL.encode(), format=ox.RdfFormat.TRIG)
    store.extend([ox.Quad(q.subject, q.predicate, q.object) for q in store])
    return store


def test_a_part_is_told_of_its_own_whole_and_not_of_what_follows(small: ox.Store):
    lines = prose.tell(small, "https://example.org/", "https://example.org/id/news")
    assert [e for e in lines if "Tea" in e] == ["[10–65] Tea: , part of Day."]


def test_a_gap_of_a_few_letters_is_none(small: ox.Store):
    lines = prose.tell(small, "https://example.org/", "https://example.org/id/news")
    assert [e for e in lines if "code points" in e] == ["[65–90] 25 code points"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["tell", "asan-tour"], 0, "holds the post Chairman"),
        (["tell"], 0, "# Start of Official Visit to Baku"),
        (["tell", "asan-tuor"], 2, "there is no article 'asan-tuor'"),
    ],
)
def test_the_command_tells_one_article_or_all(words: list[str], code: int, said: str, release: Release):
    command = [sys.executable, "-m", "kg", *words, "--store", str(release.path.parents[2])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert said in done.stdout + done.stderr


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
