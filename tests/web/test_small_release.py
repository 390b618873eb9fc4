"""What the bundled dataset has no case of: retired entities, hostile labels, names like suffixes."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest

from kg import resources
from kg.query.catalog import Catalog
from kg.query.pool import Pool
from kg.release import Release, Releases
from kg.settings import Settings
from kg.web.app import create_app

BASE = "https://example.org/small/"
DIGEST = "0" * 64
DATA = f"""
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<{BASE}id/person/new> a foaf:Person ; skos:prefLabel "<script>alert(1)</script>"@en .
<{BASE}id/person/old> a foaf:Person ; skos:prefLabel "Old"@en ; dcterms:isReplacedBy <{BASE}id/person/new> .
<{BASE}id/note/new.ttl> a skos:Concept ; skos:prefLabel "A name like a suffix"@en ;
    skos:related <javascript:alert(1)> .
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Release:
    releases = Releases(tmp_path_factory.mktemp("small"), "small")
    dataset = {"name": "small", "title": "Small", "base": BASE, "language": "en"}
    parts = ("counts", "inputs", "graphs", "findings", "software")
    manifest = {"format": 1, "digest": DIGEST, "dataset": dataset, **{part: {} for part in parts}}
    with releases.stage() as folder:
        store = ox.Store(str(folder / "store"))
        store.load(DATA.encode(), ox.RdfFormat.TURTLE)
        store.flush()
        del store
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return releases.publish(folder, DIGEST)


@pytest.fixture(scope="module")
def client(small):
    settings = Settings(cors="https://reader.example")
    pool = Pool(small.store_path, settings)
    app = create_app(settings, small, pool, Catalog(resources.queries() / "canned"))
    yield app.test_client()
    pool.close()


@pytest.mark.parametrize("path", ["/id/person/old", "/doc/person/old", "/doc/person/old.ttl"])
def test_a_retired_entity_is_410_and_names_its_successor(client, path):
    answer = client.get(path)
    assert answer.status_code == 410
    assert "/doc/person/new" in answer.json["hint"]


def test_its_successor_is_there(client):
    assert client.get("/id/person/new").status_code == 303
    assert client.get("/doc/person/new").status_code == 200


def test_retired_entities_are_not_offered(client):
    assert "/doc/person/old" not in client.get("/").text


def test_labels_are_escaped(client):
    for path in ("/", "/doc/person/new.html"):
        page = client.get(path).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_an_entity_whose_name_ends_like_a_suffix_is_itself(client):
    page = client.get("/doc/note/new.ttl", headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    assert client.get("/doc/note/new.ttl.nt").mimetype == "application/n-triples"


def test_only_web_addresses_become_links(client):
    page = client.get("/doc/note/new.ttl.html").text
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page


def test_the_origin_that_is_allowed_is_named(client):
    headers = client.get("/nowhere").headers
    assert headers["Access-Control-Allow-Origin"] == "https://reader.example"
    assert headers["Vary"] == "Accept, Accept-Encoding, Origin"


def test_a_release_without_the_vocabulary_still_has_every_page(client):
    for path in ("/", "/ns", "/queries", "/sparql", "/problems"):
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 200
