"""Words to offsets: however they are typed, the offsets are those of the text as it stands."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.records import find
from kg.records.passages import SourceText

TEXT = (
    "The Président’s “warm  welcome”—said\nat the Palace\u00a0of Culture — was re\u00adported. "
    "İlham Əliyev e\u0301tait la. A welcome, a welcome."
)


def found(wanted: str, text: str = TEXT) -> list[str]:
    return [text[s.start : s.end] for s in find.find(SourceText(text, ""), wanted)]


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        ("Palace\u00a0of Culture", "Palace\u00a0of Culture"),
        ("palace of culture", "Palace\u00a0of Culture"),
        ("The president's", "The Président’s"),
        ('"warm welcome"-said at', "“warm  welcome”—said\nat"),
        ("was reported", "was re\u00adported"),
        ("ilham eliyev", "İlham Əliyev"),
        ("etait", "e\u0301tait"),
        ("  Culture - was ", "Culture — was"),
        ("warm … palace", "warm  welcome”—said\nat the Palace"),
        ("warm...palace", "warm  welcome”—said\nat the Palace"),
        ("e", "e"),
    ],
)
def test_words_are_found_however_their_spaces_quotes_dashes_and_accents_are_typed(typed: str, stands: str):
    assert stands in found(typed)


def test_the_words_as_typed_come_before_those_that_are_only_alike():
    assert found("Culture of culture culture", "Culture of culture culture") == ["Culture of culture culture"]
    assert found("culture", "Culture of culture") == ["culture"]
    assert found("culture", "Culture") == ["Culture"]


def test_whole_words_come_before_parts_of_words():
    assert [s.start for s in find.find(SourceText("recover over", ""), "over")] == [8]
    assert found("cove", "recover") == ["cove"]


def test_words_around_a_gap_are_those_nearest_to_each_other():
    assert found("a … c", "a x a b c, a d c") == ["a b c", "a d c"]
    assert found("a … c … d", "a b c a d") == ["a b c a d"]
    assert found("a … z", "a b c") == []


def test_every_place_is_found():
    assert len(found("welcome")) == 3


@pytest.mark.parametrize("wanted", ["", "  ", "…", "...", "absent", "( [a"])
def test_what_is_not_there_is_not_found(wanted: str):
    assert found(wanted) == []


@pytest.mark.parametrize(
    ("typed", "stands"),
    [("at the Palace of Cultur", "at the Palace\u00a0of Culture"), ("Ilhm Aliev", "İlham Əliyev")],
)
def test_the_nearest_words_are_proposed(typed: str, stands: str):
    near = find.nearest(SourceText(TEXT, ""), typed)
    assert near is not None
    assert TEXT[near[1].start : near[1].end] == stands


@pytest.mark.parametrize("wanted", ["", "!", "zzz qqq", "word " * 100])
def test_nothing_is_proposed_where_nothing_is_like_it(wanted: str):
    assert find.nearest(SourceText(TEXT, ""), wanted) is None


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_words_taken_from_a_text_are_found_in_it(before: str, words: str, after: str):
    text = before + words + after
    folded = find.fold(words).text.strip()  # a letter that folds to two is found by either of them
    assert not folded or any(folded in find.fold(each).text for each in found(words, text))
    for each in find.find(SourceText(unicodedata.normalize("NFD", text), ""), words):
        assert 0 <= each.start < each.end


@given(st.text())
def test_each_folded_character_stands_for_a_stretch_of_the_text(text: str):
    made = find.fold(text)
    assert len(made.text) == len(made.starts) == len(made.ends)
    assert all(0 <= s < e <= len(text) for s, e in zip(made.starts, made.ends, strict=True))
    assert list(made.starts) == sorted(made.starts)
