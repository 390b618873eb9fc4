"""Which release led to which, and which releases pruning keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.records.changes import Section, read, since
from kg.release import Keep, history
from kg.release.history import Entry, lineage
from kg.release.pruning import Standing


def entries(*words: str) -> list[Entry]:
    """``"a"``: a build of release a; ``"<a"``: going back to it."""
    return [Entry("2026-11-24T09:00:00Z", "rollback" if w[0] == "<" else "build", w[-1]) for w in words]


@pytest.mark.parametrize(
    ("happened", "current", "line"),
    [
        ((), "a", "a"),
        (("a", "b", "c"), "c", "abc"),
        (("a", "b", "c", "<b"), "b", "ab"),
        (("a", "b", "c", "<b", "d"), "d", "abd"),
        (("a", "b", "c", "<b", "<c"), "c", "abc"),
        (("a", "b", "a"), "a", "aba"),
        (("a", "a"), "a", "a"),
        (("a", "b"), "a", "a"),
        (("a",), "b", "ab"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value) or "nothing",
)
def test_the_one_before_is_what_was_served_when_a_release_was_built(
    happened: tuple[str, ...], current: str, line: str
) -> None:
    assert "".join(lineage((), entries(*happened), current)) == line


def test_releases_older_than_the_history_come_before_it() -> None:
    assert lineage(("x", "y"), entries("a"), "a") == ("x", "y", "a")


def test_what_was_noted_is_read_again(tmp_path: Path) -> None:
    history.add(tmp_path / "h", 1_800_000_000, "build", "a")
    history.add(tmp_path / "h", 1_800_000_001, "rollback", "b")
    first, second = history.read(tmp_path / "h")
    assert (first.at, first.by, first.digest) == ("2027-01-15T08:00:00Z", "build", "a")
    assert history.seconds(second.at) == 1_800_000_001


def test_a_line_that_is_no_entry_is_passed_over(tmp_path: Path) -> None:
    history.add(tmp_path / "h", 0, "build", "a")
    with (tmp_path / "h").open("a") as file:
        file.write('{"at": "yesterday", "by": "build", "digest": "b"}\n[]\n{"at": 1}\n\xff{\n')
    assert [entry.digest for entry in history.read(tmp_path / "h")] == ["a"]


DAY = 86_400
ALL = [
    Standing("new", 0),
    Standing("broken", DAY, "a file is missing"),
    Standing("middle", 2 * DAY),
    Standing("later-kg", 3 * DAY, "format 2 is unknown", foreign=True),
    Standing("old", 40 * DAY),
]


@pytest.mark.parametrize(
    ("rule", "current", "gone"),
    [
        (Keep(1), "new", "middle old"),
        (Keep(2), "new", "old"),
        (Keep(3), "new", ""),
        (Keep(0), "old", "new middle"),
        (Keep(1), "old", "middle"),
        (Keep(1, days=7), "new", "old"),
        (Keep(1, days=41), "new", ""),
        (Keep(3, damaged=False), "new", "broken"),
        (Keep(3, damaged=False), "broken", ""),
    ],
    ids=str,
)
def test_what_the_rule_does_not_keep_goes(rule: Keep, current: str, gone: str) -> None:
    kept = rule.reasons(ALL, current)
    assert [each.digest for each in ALL if each.digest not in kept] == gone.split()


def test_the_sections_of_a_change_file_are_read_the_latest_first(tmp_path: Path) -> None:
    (tmp_path / "CHANGES.md").write_text(
        "# Changes\nFor readers.\n\n## 2 ##\n- One\n  thing\n- Another\n\nA word.\n### Smaller\n\n## 1\n"
    )
    first, second = read(tmp_path)
    assert (first.title, second) == ("2", Section("1", ""))
    assert list(first.entries()) == ["One thing", "Another", "A word. ### Smaller"]


def test_without_a_change_file_there_are_no_notes(tmp_path: Path) -> None:
    assert read(tmp_path) == ()


def test_what_is_new_in_the_notes_is_what_was_not_there_before() -> None:
    old = [Section("next", "- a"), Section("1", "- first")]
    new = [Section("2", "- a\n- b"), Section("1", "- first, mended")]
    assert since(new, old) == ["b", "first, mended"]
