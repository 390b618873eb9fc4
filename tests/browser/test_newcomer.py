"""Somebody who has never seen it finds an answer, without JavaScript and on a telephone too."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.alone

PAGES = [
    "/",
    "/queries",
    "/queries/who-was-in-the-room",
    "/doc/event/president-reception",
    "/doc/article/president-reception",
    "/doc/person/ilham-aliyev",
    "/ns",
    "/scheme/strength",
    "/sparql",
    "/problems",
]


def address(server, path=""):
    return f"http://127.0.0.1:{server.port}{path}"


def test_a_newcomer_asks_who_was_in_the_room_and_follows_a_person(browser, server):
    browser.go(address(server, "/"))
    browser.follow("Questions")
    assert browser.url == address(server, "/queries")
    browser.click(browser.find("a[href='/queries/who-was-in-the-room']"))
    browser.choose(browser.find("option[value='event/asan-tour']"))
    browser.click(browser.find("form button"))
    assert "event=event%2Fasan-tour" in browser.url
    elsewhere = browser.texts("tbody tr")
    browser.choose(browser.find("option[value='event/president-reception']"))
    browser.click(browser.find("form button"))
    rows = browser.texts("tbody tr")
    assert any("Ilham Aliyev" in row and "host" in row for row in rows)
    assert rows != elsewhere
    browser.click(browser.find("a[href='/doc/participation/president-reception.ilham-aliyev']"))
    browser.follow("Ilham Aliyev")
    assert browser.url == address(server, "/doc/person/ilham-aliyev")
    assert browser.texts("h1") == ["Ilham Aliyev"]


def test_a_query_written_in_the_form_is_answered_in_the_page(browser, server):
    browser.go(address(server, "/sparql"))
    browser.type(browser.find("textarea"), "SELECT (6 * 7 AS ?answer) {}")
    browser.click(browser.find("form button"))
    assert browser.texts("tbody td") == ["42"]


def test_no_page_complains_in_the_console_or_asks_anything_elsewhere(browser, server):
    for path in PAGES:
        browser.go(address(server, path))
        assert browser.console() == [], path
        foreign = [u for u in browser.requests() if not u.startswith((address(server), "data:", "chrome"))]
        assert foreign == [], path


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_telephone(browser, server, path):
    browser.size(390, 844)
    browser.go(address(server, path))
    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_landmarks_one_heading_and_labelled_fields(browser, server, path):
    browser.go(address(server, path))
    for landmark in ("header", "nav[aria-label]", "main", "footer"):
        assert browser.run(f"return document.querySelectorAll({landmark!r}).length") == 1
    assert browser.run("return document.querySelectorAll('h1').length") == 1
    unlabelled = "input, select, textarea"
    assert (
        browser.run(
            f"return [...document.querySelectorAll({unlabelled!r})].filter(e => !e.labels.length).length"
        )
        == 0
    )
