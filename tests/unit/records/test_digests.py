"""The file of digests is read as it is written, and as YAML where somebody laid it out otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.records import passages
from kg.records.dataset import find

AS_WRITTEN = """# Written by `kg digest`.
sources:
  news.txt: {{digest: {0}, length: 40}}
passages:
  morning-news:
    0-9: {0}
    10-19: {1}
""".format("a" * 64, "b" * 64)


def digests(folder: Path, text: str) -> passages.Digests:
    (folder / passages.FILE).write_text(text, encoding="utf-8")
    found, findings = passages.read_digests(folder)
    assert findings == ()
    return found


def test_another_layout_says_the_same(tmp_path: Path) -> None:
    plain = digests(tmp_path, AS_WRITTEN)
    quoted = digests(tmp_path, AS_WRITTEN.replace("news.txt:", '"news.txt":').replace("0-9:", '"0-9":'))
    assert plain == quoted
    assert plain.sources == {"news.txt": ("a" * 64, 40)}
    assert plain.passages["morning-news.10-19"][1].line == 7


@pytest.mark.parametrize("name", ["icesco-azerbaijan-2021", "fixture-harbour-accord"])
def test_the_bundled_files_say_the_same_to_the_yaml_reader(name: str, tmp_path: Path) -> None:
    text = (find(name).root / passages.FILE).read_text(encoding="utf-8")
    plain, _ = passages.read_digests(find(name).root)
    assert plain == digests(tmp_path, text.replace("passages:\n", "passages: \n"))
    assert len(plain.passages) > 100


def test_a_passage_that_stands_twice_is_still_told(tmp_path: Path) -> None:
    (tmp_path / passages.FILE).write_text(AS_WRITTEN + f"    0-9: {'c' * 64}\n", encoding="utf-8")
    _, findings = passages.read_digests(tmp_path)
    assert [(finding.code, finding.location and finding.location.line) for finding in findings] == [
        ("yaml-syntax", 8)
    ]
