"""/search: names are found in spite of marks, spelling and spaces."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from kg.web.names import Names, distance, words

PEOPLE = Names(
    [
        ("urn:aliyev", "Ilham Aliyev"),
        ("urn:aliyev", "İlham Əliyev"),
        ("urn:aliyeva", "Mehriban Aliyeva"),
        ("urn:almalik", "Salim M. AlMalik"),
        ("urn:aghdam", "Aghdam District"),
        ("urn:susa", "Şuşa"),
        ("urn:unesco", "United Nations Educational, Scientific and Cultural Organization"),
        ("urn:arabic", "إيسيسكو"),
        ("urn:of", "Of"),
    ]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Aliyev", "urn:aliyev"),
        ("əliyev", "urn:aliyev"),
        ("ILHAM ALIYEV", "urn:aliyev"),
        ("Aliyev, Ilham", "urn:aliyev"),
        ("Aliev", "urn:aliyev"),
        ("Alyiev", "urn:aliyev"),
        ("Ilham Aliyeva", "urn:aliyev"),
        ("mehriban", "urn:aliyeva"),
        ("Al Malik", "urn:almalik"),
        ("al-malik", "urn:almalik"),
        ("Agdam", "urn:aghdam"),
        ("susa", "urn:susa"),
        ("ŞUŞA", "urn:susa"),
        ("scientifc organisation", "urn:unesco"),
        ("educ", "urn:unesco"),
        ("إيسيسكو", "urn:arabic"),
        ("ايسيسكو", "urn:arabic"),
    ],
)
def test_the_best_hit_is_what_was_meant(text, expected):
    assert PEOPLE.search(text)[0].iri == expected


@pytest.mark.parametrize("text", ["", "  ", "'\"<>", "zzzzzz", "xy", "Ankara"])
def test_what_nothing_is_called_like_is_not_found(text):
    assert PEOPLE.search(text) == []


def test_a_thing_with_several_names_is_found_once_by_the_best():
    hits = [hit for hit in PEOPLE.search("Əliyev") if hit.iri == "urn:aliyev"]
    assert len(hits) == 1


def test_the_right_spelling_comes_before_a_near_one():
    found = [hit.iri for hit in PEOPLE.search("aliyeva")]
    assert found[:2] == ["urn:aliyeva", "urn:aliyev"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("abcd", "abcx", 1), ("abcd", "acbd", 1), ("abcd", "abd", 1), ("abcd", "xbcx", 2), ("abcd", "wxyz", 0)],
)  # fmt: skip
def test_distance_counts_changes_up_to_a_bound(one, other, expected):
    assert distance(one, other, 2) == expected


def test_words_have_neither_case_nor_marks():
    assert words("İçərişəhər, Bakı – Zürich ’21") == [
        "iceriseher",
        "baki",
        "zurich",
        "21",
    ]


def found(server, **parameters):
    answer = server.ask("/search?" + urlencode(parameters))
    assert answer.status == 200, answer.text
    return answer.json["results"]


@pytest.mark.parametrize("text", ["Aliyev", "Əliyev", "aliev", "ilham"])
def test_a_person_is_found_by_any_spelling(server, text):
    first = found(server, q=text)[0]
    assert first["id"] == server.base + "id/person/ilham-aliyev"
    assert first["path"] == "/doc/person/ilham-aliyev"
    assert "http://xmlns.com/foaf/0.1/Person" in first["types"]


def test_a_written_form_leads_to_the_thing_that_is_written_so(server):
    assert found(server, q="Agdam")[0]["id"] == server.base + "id/place/aghdam-district"


def test_no_more_than_the_limit_is_given(server):
    assert len(found(server, q="icesco", limit=2)) == 2


def test_the_page_has_a_form_and_links(server):
    page = server.ask("/search?" + urlencode({"q": "Aliev"}), accept="text/html,*/*;q=0.8")
    assert page.media_type == "text/html"
    assert 'href="/doc/person/ilham-aliyev"' in page.text
    assert 'value="Aliev"' in page.text
    assert "Nothing here" in server.ask("/search?q=zzzzzz&format=html").text
    assert server.ask("/search", accept="text/html").status == 200


def test_what_was_searched_for_is_escaped_in_the_page(server):
    assert "<script>" not in server.ask("/search?format=html&q=%3Cscript%3Ealert(1)%3C/script%3E").text


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("", "q"), ("q=", "q"), ("q=a&q=b", "q"), ("q=" + "x" * 201, "q"), ("q=a&limit=0", "limit"),
     ("q=a&limit=x", "limit"), ("q=a&limit=101", "limit"), ("q=a&limit=²", "limit")],
)  # fmt: skip
def test_a_wrong_parameter_is_400_naming_it(server, query, parameter):
    answer = server.ask("/search?" + query.replace("²", "%C2%B2"))
    assert (answer.status, answer.json["parameter"]) == (400, parameter)


def test_a_type_that_is_not_there_is_406(server):
    assert server.ask("/search?q=a", accept="text/turtle").status == 406
