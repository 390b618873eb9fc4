"""``kg fmt``'s layout: one form, the same reading, every comment."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import DataError
from kg.records import comments, dataset, fmt, model, reader
from kg.records.files import record_files

MODEL = model.load()


def tidy(text: str) -> str:
    return fmt.tidy(text.encode(), "a.yaml", MODEL)


@cache
def bundled() -> tuple[str, ...]:
    found = (dataset.find(name) for name in ("icesco-azerbaijan-2021", "fixture-harbour-accord"))
    return tuple(p.read_text(encoding="utf-8") for each in found for p in record_files(each))


def test_fields_stand_in_the_order_of_the_rules_and_unknown_ones_after_them():
    assert tidy("- {own: 1, note: N, prefLabel: P, id: person/x}") == (
        "- id: person/x\n  prefLabel: P\n  note: N\n  own: 1\n"
    )


def test_the_order_names_every_field_that_a_curator_may_write():
    ordered = set(MODEL.order)
    assert {name for kind in MODEL.top_level() for name in MODEL.written(kind)} <= ordered | {"passage"}


def test_a_name_form_stands_on_one_line_where_it_fits_and_in_a_block_where_not():
    short = "- id: person/x\n  nameForm:\n    - writtenForm: X\n      evidence: [a.1-2]\n"
    assert tidy(short).splitlines()[2] == "    - {writtenForm: X, evidence: [a.1-2]}"
    long = tidy(short.replace("X\n", "X" * 110 + "\n")).splitlines()
    assert long[2:] == ["    - writtenForm: " + "X" * 110, "      evidence: [a.1-2]"]


def test_days_are_put_in_order_and_evidence_is_left_as_written():
    text = "- id: tenure/x.y\n  attestedOn: [2012-01-01, 2011]\n  evidence: [b.3-4, a.1-2]\n"
    assert tidy(text).endswith("  attestedOn: [2011, 2012-01-01]\n  evidence: [b.3-4, a.1-2]\n")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("'plain words'", "plain words"),
        ("'2013'", '"2013"'),
        ("2013", '"2013"'),
        ("no", '"no"'),
        ("'a: b'", '"a: b"'),
        ("'a #b'", '"a #b"'),
        ("|\n    one\n    two\n", "|\n    one\n    two"),
        ('"tab\\there"', '"tab\\there"'),
        ("''", '""'),
    ],
)
def test_a_text_is_plain_where_no_reader_takes_it_for_something_else(value: str, written: str):
    assert tidy(f"- id: person/x\n  note: {value}") == f"- id: person/x\n  note: {written}\n"


def test_a_number_and_a_day_stand_without_quotes():
    text = "- id: observation/x\n  value: '300'\n  startDate: \"2021-01-13\"\n"
    assert tidy(text) == "- id: observation/x\n  value: 300\n  startDate: 2021-01-13\n"


def test_a_long_text_is_folded_and_stays_the_same_text():
    text = " ".join(["word"] * 60)
    made = tidy(f"- id: person/x\n  note: {{en: {text}}}\n")
    assert made.startswith("- id: person/x\n  note:\n    en: >-\n      word word")
    assert max(map(len, made.splitlines())) <= fmt.WIDTH
    assert yaml.safe_load(made)[0]["note"]["en"] == text


def test_comments_go_with_the_field_that_they_stand_above_or_beside():
    text = """\
# The file.

# The first.
- note: N  # beside the note
  # above the label
  prefLabel: P
  id: person/x
  # altLabel: optional
# The second.
- id: person/y   # beside an id
  nameForm:
    # of the form
    - {writtenForm: Y}
# The end.
"""
    assert (
        tidy(text)
        == """\
# The file.

# The first.
- id: person/x
  # above the label
  prefLabel: P
  note: N  # beside the note
  # altLabel: optional

# The second.
- id: person/y  # beside an id
  nameForm:
    # of the form
    - {writtenForm: Y}

# The end.
"""
    )


def test_a_comment_inside_brackets_keeps_its_place():
    text = "- id: person/x\n  sameAs: [wd:Q2, # two\n    wd:Q1] # one\n"
    assert tidy(text) == "- id: person/x\n  sameAs:  # one\n    - wd:Q1\n    - wd:Q2  # two\n"


def test_a_file_that_is_not_read_without_fault_is_refused_with_the_fault():
    with pytest.raises(DataError) as caught:
        tidy("- id: person/x\n  id: person/y\n")
    assert caught.value.findings[0].location == reader.Location("a.yaml", 2, 3)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[]\n", "# none\n[]\n# end\n"])
def test_a_file_without_records_keeps_its_comments(text: str):
    assert tidy(text).split() == text.split()


def test_the_bundled_datasets_are_laid_out_so():
    for text in bundled():
        assert tidy(text) == text


@pytest.mark.parametrize("flow", [None, False, True])
def test_there_is_one_layout_whatever_wrote_the_file(flow: bool | None):
    for text in bundled():
        bare = re.sub(r"^#.*\n", "", text, flags=re.M)
        written = yaml.safe_dump(yaml.load(text, Loader=yaml.BaseLoader), default_flow_style=flow, width=50)
        assert tidy(written) == tidy(bare)


def holds(text: str) -> Counter[str]:
    return Counter(comments.within(comments.read(text)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_comments_a_curator_adds_all_are_kept_and_nothing_is_read_differently(data: st.DataObject):
    lines = data.draw(st.sampled_from(bundled())).split("\n")
    for number in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(lines) - 1))
        if data.draw(st.booleans()):
            lines[place] += f" # own{number}"
        else:
            lines.insert(place, " " * data.draw(st.integers(0, 8)) + f"# own{number}")
    text = "\n".join(lines)
    if reader.read(text.encode(), "a.yaml").findings:
        return
    made = tidy(text)
    assert tidy(made) == made
    assert holds(made) == holds(text)


TEXTS = st.text(
    st.sampled_from("ab 0-:#,[]{}'\"\\|>&*!%@`?\n\t\u00a0é’\u2028\u0085~=.") | st.characters(codec="utf-8"),
    max_size=30,
) | st.sampled_from(["no", "2013", "1.5", "null", "a: b", "- a", "---", "word " * 40 + "end"])
FIELDS = st.sampled_from([*sorted({n for t in MODEL.types.values() for n in t.fields}), "own", "en", "id"])
VALUES = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4)
)
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(sorted(t.path for t in MODEL.types.values())),
        st.dictionaries(FIELDS | TEXTS, VALUES, max_size=5),
    ).map(lambda pair: {**pair[1], "id": f"{pair[0]}/x"}),
    max_size=3,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RECORDS | st.lists(VALUES), st.sampled_from([None, False, True]), st.sampled_from([None, "'", '"']))
def test_whatever_the_values_they_are_read_the_same_and_a_second_time_changes_nothing(
    value: Any, flow: bool | None, style: str | None
):
    text = yaml.safe_dump(value, default_flow_style=flow, default_style=style, allow_unicode=True)
    if reader.read(text.encode(), "a.yaml").findings:
        return  # deeper than records are, or no text as key
    made = tidy(text)
    assert tidy(made) == made


def test_the_hints_of_a_new_record_can_be_left_out_and_no_other_comment_goes():
    text = (
        "# About topic: TODO later\n"
        "- id: person/x\n"
        "  note: |-\n    one\n    # altLabel: TODO\n"
        "  # Optional: take the hash away where the source says it.\n"
        "  # altLabel: TODO  # [several] Another name\n"
        "  # tenure: {post: TODO, evidence: TODO}\n"
        "  # sameAs: wd:Q1 is not certain\n"
    )
    with pytest.raises(DataError, match="read differently"):  # the note itself holds such a line
        fmt.tidy(text.encode(), "a.yaml", MODEL, drop_hints=True)
    plain = text.replace("    # altLabel: TODO\n", "")
    made = fmt.tidy(plain.encode(), "a.yaml", MODEL, drop_hints=True)
    assert re.findall(r"# .*", made) == ["# About topic: TODO later", "# sameAs: wd:Q1 is not certain"]
