"""YASGUI, the editor that most endpoints of others are asked with, on a page of another origin."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.alone

SELECT = (
    "PREFIX pac: <https://w3id.org/pac/ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
    "SELECT ?event ?name { ?event a pac:Event ; rdfs:label ?name } ORDER BY ?event LIMIT 5"
)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def page(clients: Path) -> Iterator[str]:
    """The address of YASGUI, on a port of its own."""
    handler = functools.partial(Quiet, directory=str(clients))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{pages.server_address[1]}/yasgui.html"
        pages.shutdown()


def shown(browser, css: str) -> list[str]:
    """The words that YASGUI shows there, once it does."""
    until = time.monotonic() + 60
    while not (texts := [text for text in browser.texts(css) if text]):
        assert time.monotonic() < until, browser.console()
        time.sleep(0.1)
    return texts


def ask(browser, page: str, server, query: str) -> None:
    browser.size(1400, 1000)
    browser.go(page + "?" + urlencode({"at": f"http://127.0.0.1:{server.port}/sparql", "ask": query}))


def test_yasgui_shows_the_rows_of_another_origin(browser, page, server):
    ask(browser, page, server, SELECT)
    rows = shown(browser, ".yasr table.dataTable tbody tr")
    assert len(rows) == 5
    assert "Accession of Azerbaijan to ICESCO" in rows[0]


def test_yasgui_shows_a_graph(browser, page, server):
    ask(browser, page, server, SELECT[: SELECT.index("SELECT")] + "DESCRIBE pac:Event")
    assert "pac:Event" in shown(browser, ".yasr_results .CodeMirror-code, .yasr_results table")[0]


def test_yasgui_shows_what_is_wrong(browser, page, server):
    ask(browser, page, server, "SELECT * { ?s a x:y }")
    assert any("the prefix x: is not declared" in text for text in shown(browser, ".yasr .errorResult"))
