"""XML on its way out: what is passed on is well formed, wherever the chunks end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import NotAcceptable
from kg.query.xml import CHUNK, Wellformed

LONG = b"<a>" + b"x" * CHUNK + b"</a>"


def passed(engine: str, chunks: list[bytes]) -> bytes:
    out: list[bytes] = []
    sink = Wellformed(engine, out.append)
    for chunk in chunks:
        assert sink.write(chunk) == len(chunk)
    sink.finish()
    return b"".join(out)


def cut(document: bytes, places: set[int]) -> list[bytes]:
    ends = [0, *sorted(places), len(document)]
    return [document[start:end] for start, end in pairwise(ends)]


@given(st.sets(st.integers(0, 2 * len(LONG))))
def test_the_bytes_are_the_same_however_they_come(places: set[int]) -> None:
    assert passed("XML", cut(LONG * 2, places)) == LONG * 2


@pytest.mark.parametrize("part", [b"a\x00", b"\x1f", "\ufffe".encode(), "\uffff".encode()])
@given(places=st.sets(st.integers(len(LONG), len(LONG) + 8)))
def test_a_character_that_xml_has_not_is_found_across_chunks(part: bytes, places: set[int]) -> None:
    with pytest.raises(NotAcceptable, match="U\\+"):
        passed("XML", cut(LONG + b"<a>" + part + b"</a>", places))


@pytest.mark.parametrize(
    "part", [b'<p: xmlns:p="urn:1">1</p:>', b"<ex:>1</ex:>", b'<ex: rdf:about="a:a">\n</ex:>']
)
@given(places=st.sets(st.integers(len(LONG), len(LONG) + 30)))
def test_an_empty_name_is_found_across_chunks_in_rdf(part: bytes, places: set[int]) -> None:
    with pytest.raises(NotAcceptable, match="no XML name"):
        passed("RDF_XML", cut(LONG + part, places))


def test_text_that_only_resembles_either_is_let_through() -> None:
    said = '<a b="ex: c">ex: d&lt;ex: é\ufffd\t\n\x7f</a>'.encode()
    assert passed("RDF_XML", [said]) == said


def test_a_carriage_return_is_written_so_that_it_is_read_as_one() -> None:
    assert passed("XML", [b"<a>\r", b"\n</a>"]) == b"<a>&#13;\n</a>"
