"""What changed between two releases, quad by quad."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store, parse
from tests.unit.test_release import publish

from kg.diff import Numbers, compare, patch
from kg.release import Release, Releases

G1, G2 = b"<http://e.org/graph/place/a>", b"<http://e.org/graph/inferred>"
ONE, TWO = (
    b'<http://e.org/s> <http://e.org/p> "1"',
    b'<http://e.org/s> <http://e.org/p> "a\\tb\\n\xc3\xa9"@en',
)


def content(*quads: tuple[bytes, bytes]) -> bytes:
    """N-Quads of these quads and of their merge."""
    rows = [triple + b" " + graph + b" .\n" for triple, graph in quads]
    return b"".join([*rows, *(triple + b" .\n" for triple, _ in quads)])


CASES = {
    "nothing": ([(ONE, G1)], [(ONE, G1)], (0, 0), (0, 0)),
    "a triple more": ([(ONE, G1)], [(ONE, G1), (TWO, G1)], (1, 0), (1, 0)),
    "another triple": ([(ONE, G1)], [(TWO, G1)], (1, 1), (1, 1)),
    "a triple in a second graph": ([(ONE, G1)], [(ONE, G1), (ONE, G2)], (0, 0), (1, 0)),
    "a triple moved": ([(ONE, G1), (TWO, G2)], [(ONE, G2), (TWO, G2)], (0, 0), (1, 1)),
    "a graph gone": ([(ONE, G1), (TWO, G2)], [(ONE, G1)], (0, 1), (0, 1)),
}


@pytest.fixture
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Release, Release]:
    old, new, _, _ = CASES[request.param]
    releases = Releases(tmp_path, "d")
    return publish(releases, content(*old)), publish(releases, content(*new))


@pytest.mark.parametrize(("pair", "case"), list(CASES.items()), indirect=["pair"], ids=list(CASES))
def test_triples_are_counted_once_and_quads_by_graph(
    pair: tuple[Release, Release], case: tuple[object, object, tuple[int, int], tuple[int, int]]
) -> None:
    with compare(*pair) as delta:
        assert (delta.triples, delta.quads) == (Numbers(*case[2]), Numbers(*case[3]))


@pytest.mark.parametrize("pair", CASES, indirect=True)
def test_the_patch_makes_the_one_release_of_the_other_in_both_directions(
    pair: tuple[Release, Release],
) -> None:
    for old, new in (pair, pair[::-1]):
        with compare(old, new) as delta:
            text = "".join(patch.lines(delta))
        assert applied(text, old) == set(new.open_store())


def applied(text: str, release: Release) -> set[object]:
    """The quads of a release after a patch; each row must do something."""
    quads = set(release.open_store())
    for line in text.split("\n")[3:-2]:
        (quad,) = parse(line[2:].encode(), RdfFormat.N_QUADS)
        if line[0] == "D":
            quads.remove(quad)
        else:
            assert quad not in quads
            quads.add(quad)
    return quads


@pytest.mark.parametrize("pair", ["another triple"], indirect=True)
def test_a_patch_has_a_header_a_transaction_and_rows(pair: tuple[Release, Release]) -> None:
    old, new = pair
    with compare(old, new) as delta:
        lines = list(patch.lines(delta))
    assert lines == [
        f"H id <http://e.org/release/{new.digest}> .\n",
        f"H prev <http://e.org/release/{old.digest}> .\n",
        "TX .\n",
        'D <http://e.org/s> <http://e.org/p> "1" .\n',
        'A <http://e.org/s> <http://e.org/p> "a\\tb\\né"@en .\n',
        'D <http://e.org/s> <http://e.org/p> "1" <http://e.org/graph/place/a> .\n',
        'A <http://e.org/s> <http://e.org/p> "a\\tb\\né"@en <http://e.org/graph/place/a> .\n',
        "TC .\n",
    ]


@pytest.mark.parametrize("pair", ["a triple moved"], indirect=True)
def test_the_rows_of_three_terms_are_a_patch_of_the_merge(pair: tuple[Release, Release]) -> None:
    with compare(*pair) as delta:
        assert [row for row in delta.rows() if not row.graph] == []
        assert [row.operation for row in delta.rows()] == ["A", "D"]


def test_more_rows_than_fit_in_memory_come_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg.export import order

    releases = Releases(tmp_path, "d")
    many = [(f'<http://e.org/s{n % 7}> <http://e.org/p> "{n}"'.encode(), G1) for n in range(50)]
    old, new = publish(releases, content((ONE, G1))), publish(releases, content(*many))
    texts = []
    for run in (order.RUN, 8):
        monkeypatch.setattr(order, "RUN", run)
        with compare(old, new) as delta:
            texts.append("".join(patch.lines(delta)))
    assert texts[0] == texts[1]
    assert texts[0].count("\n") == 4 + 2 * 51


def test_a_store_of_quads_is_what_the_patch_is_about(tmp_path: Path) -> None:
    release = publish(Releases(tmp_path, "d"), content((ONE, G1)))
    assert len(Store.read_only(str(release.store_path))) == 2
