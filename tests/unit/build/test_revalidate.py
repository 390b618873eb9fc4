"""The gate asked again finds what the gate finds that asks about everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kg import resources
from kg.build import checks, core, revalidate, validate
from kg.build.report import Result
from kg.build.revalidate import Analyses, again

NAMES = sorted(path.parent.name for path in resources.data().glob("*/dataset.toml"))
EXAMPLES = Path(__file__).parent.parent.parent / "ontology"
TOPICS = sorted(path.name for path in EXAMPLES.glob("invalid/*"))
EDITS = 12


@pytest.fixture(scope="module")
def analyses() -> Analyses:
    """Shared, because to analyse all queries takes a second."""
    return Analyses(Path("there is none"))


def whole(store: ox.Store) -> list[Result]:
    return [*validate.validate(store), *checks.run(store)]


def store_of(quads: Iterable[ox.Quad]) -> ox.Store:
    store = ox.Store()
    store.extend(quads)
    return store


def parsed(*files: Path) -> set[ox.Quad]:
    return {quad for file in files for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE)}


@pytest.fixture(scope="module")
def world() -> set[ox.Quad]:
    """What every example is read together with."""
    ontology = resources.ontology()
    return parsed(ontology / "pac.ttl", *ontology.glob("schemes/*.ttl"), EXAMPLES / "world.ttl")


@pytest.fixture(scope="module")
def begun(world: set[ox.Quad]) -> list[Result]:
    return whole(store_of(world))


def test_there_are_examples() -> None:
    assert len(TOPICS) == 42


@pytest.mark.parametrize("topic", TOPICS)
def test_every_example_is_judged_anew_when_it_comes_after_another(
    topic: str, world: set[ox.Quad], begun: list[Result], analyses: Analyses
) -> None:
    """From valid to invalid and back; the first time and the last time from and to nothing."""
    kinds = [sorted(EXAMPLES.glob(f"{kind}/{topic}/*.ttl")) for kind in ("invalid", "valid")]
    files = [file for pair in zip_longest(*kinds) for file in pair if file]
    steps = [set[ox.Quad](), *(parsed(file) for file in files[:3]), set[ox.Quad]()]
    results = begun
    told = 0
    for old, new in pairwise(steps):
        gone, come = old - new - world, new - old - world
        store = store_of(world | new)
        results = again(store, sorted(gone, key=str), sorted(come, key=str), results, analyses)
        assert results == (whole(store) if new else begun)
        told += len(results)
    assert told


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_random_edits_of_a_dataset_are_judged_as_if_all_were_asked(
    asserted: Any, editor: Callable[..., Any], analyses: Analyses, name: str, seed: int
) -> None:
    """Edit after edit, so that what one leaves behind is there for the next."""
    store = store_of(asserted[name])
    results = whole(store)
    hand = editor(name, 1000 + seed)
    found = set[str]()
    for number in range(EDITS // 3 if seed else EDITS):
        gone, come = hand.change(store, 1 + number % 4)
        results = again(store, gone, come, results, analyses)
        expected = whole(store)
        assert results == expected, (number, gone, come)
        found |= {result.code for result in results}
    assert len(found) > 3


@pytest.mark.parametrize("name", NAMES)
def test_a_record_taken_out_and_put_back_leaves_everything_as_it_was(
    asserted: Any, editor: Callable[..., Any], analyses: Analyses, name: str
) -> None:
    """Records on which others rest most: whatever is named as an object, taken out whole."""
    store = store_of(asserted[name])
    begun = results = whole(store)
    own = [q for q in asserted[name] if "/event/" in q.subject.value or "/passage/" in q.subject.value]
    subjects = sorted({q.subject for q in own}, key=str)
    for subject in subjects[:: len(subjects) // 5]:
        gone = [*store.quads_for_pattern(subject, None, None)]
        for quad in gone:
            store.remove(quad)
        results = again(store, gone, [], results, analyses)
        assert results == whole(store)
        store.extend(gone)
        results = again(store, [], gone, results, analyses)
        assert results == begun


def test_without_a_change_all_results_are_taken_over(asserted: Any, analyses: Analyses) -> None:
    store = store_of(asserted[NAMES[0]])
    results = whole(store)
    assert results
    assert again(store, [], [], results, analyses) == results


def test_few_nodes_are_asked_about(
    asserted: Any, analyses: Analyses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The use of it all: a change of one triple is not the change of everything."""
    store = store_of(asserted[NAMES[0]])
    results = whole(store)
    quad = next(q for q in store if q.predicate.value.endswith("#endDate"))
    store.remove(quad)
    asked: list[int] = []
    screened = core.Screen.suspects

    def suspects(screen: core.Screen, nodes: Any, view: core.View) -> Any:
        there = list(nodes)
        asked.append(len(there))
        return screened(screen, there, view)

    monkeypatch.setattr(core.Screen, "suspects", suspects)
    again(store, [quad], [], results, analyses)
    assert 0 < sum(asked) < 20


SHAPES = """
    @prefix ex: <https://example.org/id/> .
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    ex:S a sh:NodeShape ; TARGET ; sh:sparql ex:C01-poor ; sh:property ex:p .
    ex:C01-poor sh:message "It has no {?value}. Give it one." ; sh:select '''
        SELECT $this ?value WHERE {
            $this <https://example.org/id/wants> ?value .
            FILTER NOT EXISTS { $this <https://example.org/id/has> ?value } }''' .
    ex:p sh:path PATH ; sh:maxCount 1 ; sh:message "More than one. Choose." .
"""


@pytest.mark.parametrize("path", ["ex:has", "[ sh:inversePath ex:has ]", "( ex:knows ex:has )"])
@pytest.mark.parametrize(
    "target", ["sh:targetSubjectsOf ex:wants", "sh:targetObjectsOf ex:knows", "sh:targetNode ex:a , ex:b"]
)
def test_targets_and_paths_of_every_kind_are_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, path: str
) -> None:
    text = SHAPES.replace("TARGET", target).replace("PATH", path)
    (tmp_path / "s.ttl").write_text(text, encoding="utf-8")
    monkeypatch.setattr(resources, "shapes", lambda: tmp_path)
    terms = {name: ox.NamedNode(f"https://example.org/id/{name}") for name in "abcde"}
    terms["_"] = ox.BlankNode("blank")
    states = ["", "a wants c", "a wants c, b knows a", "a wants c, b knows a, a has c, _ wants d"]
    states += [
        "b knows a, a has c, a has d, b has d, _ wants d",
        "b knows _, _ wants d, e knows b, b wants c",
        "",
    ]

    def quads(state: str) -> set[ox.Quad]:
        rows = [row.split() for row in state.split(",") if row]
        return {ox.Quad(terms[s], ox.NamedNode(f"https://example.org/id/{p}"), terms[o]) for s, p, o in rows}

    analyses = Analyses(tmp_path / "none")
    results = list[Result]()
    told = 0
    for old, new in pairwise(map(quads, states)):
        store = store_of(new)
        results = again(store, sorted(old - new, key=str), sorted(new - old, key=str), results, analyses)
        assert brief(results) == brief(whole(store))
        told += len(results)
    assert told


def brief(results: list[Result]) -> list[tuple[str, ...]]:
    """Without the names that a path without one gets anew each time it is read."""
    return sorted((r.focus, r.value or "", r.message, r.component) for r in results)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '"text"', '["ab"]', "[" * 100_000, '{"x": 1}', "\x00"]
)
def test_a_damaged_file_of_analyses_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "analyses.json"
    path.write_text(text, encoding="utf-8")
    query = "SELECT ?this WHERE { ?this <https://example.org/p> ?x }"
    kept = Analyses(path)
    found = kept.of(query)
    kept.save(path)
    assert Analyses(path).of(query) == found == Analyses(tmp_path / "none").of(query)


@pytest.mark.parametrize("plain", [None, 7, [], [[]], {"a": 1}, [[["x"], None, True]]])
def test_a_damaged_analysis_is_made_anew(tmp_path: Path, plain: Any) -> None:
    path = tmp_path / "analyses.json"
    query = "SELECT ?this WHERE { ?this <https://example.org/p> ?x }"
    kept = Analyses(path)
    found = kept.of(query)
    kept.save(path)
    path.write_text(json.dumps(dict.fromkeys(json.loads(path.read_text(encoding="utf-8")), plain)))
    assert Analyses(path).of(query) == found


def test_analyses_that_another_version_kept_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "analyses.json"
    kept = Analyses(path)
    kept.of("SELECT ?this WHERE { ?this <https://example.org/p> ?x }")
    monkeypatch.setattr(revalidate, "_FORM", revalidate._FORM + 1)
    kept.of("SELECT ?this WHERE { ?this <https://example.org/p> ?x }")
    kept.save(path)
    assert len(json.loads(path.read_text(encoding="utf-8"))) == 2
