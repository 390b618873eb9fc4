"""Pages that show what others wrote: nothing of it becomes a part of the page (cross-site scripting)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

import pytest

from .conftest import Serve, Server

HTML = "text/html,*/*;q=0.8"

BAD = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea><b>",
    "\u202e]]>--><b>",
    "{{7*7}}",
)


def hostile(base: str) -> str:
    """N-Quads with something bad in each place where a term may stand."""
    label, kind = (
        "<http://www.w3.org/2000/01/rdf-schema#label>",
        "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>",
    )
    texts = ['"' + bad.replace("\\", "\\\\").replace('"', '\\"') + '"' for bad in BAD]
    iris = [
        "<javascript:alert(1)>",
        "<data:text/html,alert(1)>",
        "<vbscript:x>",
        "<http://e/'onclick='alert(1)>",
        "<urn:x>",
        f"<{base}id/x/'onclick='a>",
    ]
    pac = [
        "<https://w3id.org/pac/ns#Evil'onclick='a>",
        "<https://w3id.org/pac/scheme/evil>",
        "<https://w3id.org/pac/scheme/evil/'onclick='a>",
    ]
    scheme = "<http://www.w3.org/2004/02/skos/core#ConceptScheme>"
    lines = [f"<{base}id/x/y> {label} {text} ." for text in texts]
    lines += [f"<{base}id/x/y> {iri} {other} ." for iri in iris for other in (*iris, *texts)]
    lines += [f"{iri} <http://e/p> <{base}id/x/y> ." for iri in iris]
    lines += [
        f"{iri} {label} {texts[n % len(texts)]} <{base}graph/'onclick='a> ."
        for n, iri in enumerate([*iris, *pac])
    ]
    lines += [f"<{base}id/x/y> {kind} {iri} ." for iri in iris]
    lines += [f"{pac[0]} {kind} <http://www.w3.org/2002/07/owl#Class> .", f"{pac[1]} {kind} {scheme} ."]
    lines += [f"{pac[2]} <http://www.w3.org/2004/02/skos/core#inScheme> {pac[1]} ."]
    lines += [f"{pac[0]} <http://www.w3.org/2000/01/rdf-schema#subClassOf> {iri} ." for iri in iris]
    return "\n".join(lines)


class Page(HTMLParser):
    """What a page has that ours never have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.bad: list[object] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "svg", "iframe", "object", "embed", "style", "b", "base"):
            self.bad.append(tag)
        for name, value in attrs:
            leads = name in ("href", "src", "action", "formaction")
            if (
                name.startswith("on")
                or name == "style"
                or (leads and not re.match(r"https?://|/(?!/)|#", value or ""))
            ):
                self.bad.append((tag, name, value))


@pytest.fixture(scope="module")
def evil(serve: Serve) -> Server:
    return serve(a__nq=hostile("http://127.0.0.1:0/"))


SHOWN = (
    "SELECT * { ?s ?p ?o }",
    "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "CONSTRUCT WHERE { ?s ?p ?o }",
    "DESCRIBE <urn:x>",
)
PAGES = (
    *(
        "/",
        "/doc/x/y",
        "/doc/x/%27onclick=%27a",
        "/ns",
        "/scheme/evil",
        "/scheme/evil/%27onclick=%27a",
        "/dataset",
        "/search?q=alert",
    ),
    *("/sparql?" + urlencode({"query": text}) for text in SHOWN),
    *("/search?" + urlencode({"q": bad}) for bad in BAD),
    *("/sparql?" + urlencode({"query": bad}) for bad in BAD),
    *("/sparql?" + urlencode({"query": f"SELECT ('''{bad}''' AS ?x) {{}}"}) for bad in BAD),
    *("/sparql?" + urlencode({"query": "ASK {}", "format": bad}) for bad in BAD),
    *("/graphs?" + urlencode({"graph": bad}) for bad in BAD),
    *(
        place + quote(bad, safe="")
        for place in ("/", "/id/", "/doc/", "/queries/", "/releases/", "/export/dataset.", "/scheme/")
        for bad in BAD
    ),
    *(
        "/sparql?" + urlencode({"query": f"SELECT * {{ ?x <{iri}> 1 }}"})
        for iri in ("javascript:alert(1)", "http://e/'onclick='a")
    ),
)


def test_no_page_has_what_the_data_or_the_request_would_put_into_it(evil: Server) -> None:
    found = {}
    for path in PAGES:
        answer = evil.ask(path, accept=HTML)
        assert answer.status < 500, path
        assert "49" not in answer.text or "{{7*7}}" not in path
        if bad := Page(answer.text).bad:
            found[path] = bad
        assert answer.media_type == "text/html" or "script" not in answer.media_type, path
    assert not found


def test_the_checks_on_pages_would_find_it() -> None:
    assert Page("<a href='javascript:alert(1)'>").bad
    assert Page("<p onclick='x'>").bad
    assert Page("<a href='//evil.example'>").bad
    assert not Page("<a href='/ns'><a href='https://e/'><a href='#x'>").bad
