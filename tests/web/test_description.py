"""What the server says of itself: the service, the dataset, its releases; and what they can be cited by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF, VOID

from kg import __version__, resources
from kg.query.catalog import Catalog
from kg.query.pool import Pool
from kg.release import Release, Releases
from kg.release import release as layout
from kg.settings import Settings
from kg.web import archive
from kg.web.app import create_app

from .conftest import Serve, Server, members, start, stop

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
SCHEMA = Namespace("https://schema.org/")
RDF_TYPES = (
    "text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml",
    "application/trig", "application/n-quads",
)  # fmt: skip
COMUNICA = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,application/n-triples;q=0.8,"
    "text/turtle;q=0.6,application/rdf+xml;q=0.5,text/n3;q=0.35,application/xml;q=0.3,image/svg+xml;q=0.3,"
    "text/xml;q=0.3,text/html;q=0.2,application/xhtml+xml;q=0.18"
)


def graph(server: Server, path: str, accept: str = "text/turtle") -> Graph:
    answer = server.ask(path, accept=accept)
    assert (answer.status, answer.media_type) == (200, accept), answer.text
    return Graph().parse(data=answer.text, format="turtle")


@pytest.fixture(scope="module")
def described(server: Server) -> tuple[Graph, URIRef]:
    found = graph(server, "/sparql")
    (service,) = found.subjects(RDF.type, SD.Service)
    return found, service


def test_the_description_names_its_endpoint_by_the_address_that_was_asked(server, described):
    found, service = described
    assert list(found.objects(service, SD.endpoint)) == [URIRef(f"http://127.0.0.1:{server.port}/sparql")]


def test_the_description_tells_language_formats_features_and_default_dataset(described):
    found, service = described
    assert (service, SD.supportedLanguage, SD.SPARQL11Query) in found
    formats = {str(o).rpartition("/")[2] for o in found.objects(service, SD.resultFormat)}
    assert {"Turtle", "N-Triples", "SPARQL_Results_JSON", "SPARQL_Results_CSV", "RDF_XML"} < formats
    assert (service, SD.feature, SD.UnionDefaultGraph) in found
    assert (service, SD.feature, SD.BasicFederatedQuery) not in found
    (dataset,) = found.objects(service, SD.defaultDataset)
    assert (dataset, RDF.type, SD.Dataset) in found
    assert list(found.objects(dataset, SD.defaultGraph))


def test_the_description_lists_the_named_graphs(server, described):
    found, _ = described
    listed = {str(name) for name in found.objects(None, SD.name)}
    rows = server.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").json["results"]["bindings"]
    assert listed == {row["g"]["value"] for row in rows}
    assert len(list(found.subjects(RDF.type, SD.NamedGraph))) == len(listed)


def test_the_limits_stand_in_the_description_as_data(described):
    found, service = described
    limits = {
        str(found.value(limit, SCHEMA.name)): found.value(limit, SCHEMA.maxValue).toPython()
        for limit in found.objects(service, SCHEMA.additionalProperty)
    }
    assert limits["timeout"] == 10.0
    assert limits["max_body"] == 65_536
    sizes = {"memory", "executors", "max_rows", "max_body", "max_url"}
    assert set(limits) == {"timeout", "stall", "receive", *sizes}


@pytest.mark.parametrize("path", ["/sparql", "/dataset", "/.well-known/void"])
@pytest.mark.parametrize("accept", RDF_TYPES[:4])
def test_descriptions_come_in_each_rdf_format_and_say_the_same(server, path, accept):
    answer = server.ask(path, accept=accept)
    assert (answer.status, answer.media_type) == (200, accept)
    read = ox.parse(answer.body, format=ox.RdfFormat.from_media_type(accept))
    plain = ox.parse(server.ask(path, accept="application/n-triples").body, format=ox.RdfFormat.N_TRIPLES)
    assert {q.triple for q in read} == {q.triple for q in plain}


@pytest.mark.parametrize("accept", RDF_TYPES)
def test_a_bare_get_of_the_endpoint_gives_the_description_in_the_rdf_that_is_liked(server, accept):
    assert server.ask("/sparql", accept=accept).media_type == accept


def test_comunica_which_likes_nquads_best_and_html_least_gets_the_description(server):
    answer = server.ask("/sparql", accept=COMUNICA)
    assert (answer.status, answer.media_type) == (200, "application/n-quads")
    assert b"sparql-service-description#endpoint" in answer.body


def test_a_strict_default_graph_is_no_union_in_the_description(serve: Serve):
    found = graph(serve("--default-graph", "strict", a__nq="<urn:a> <urn:b> <urn:c> <urn:g> ."), "/sparql")
    assert (None, SD.feature, SD.UnionDefaultGraph) not in found


def test_the_same_description_has_the_same_bytes(server):
    assert len({server.ask("/sparql", accept="text/turtle").body for _ in range(4)}) == 1


def test_void_names_dumps_endpoint_and_counts(server):
    found = graph(server, "/.well-known/void")
    (page,) = found.subjects(RDF.type, VOID.DatasetDescription)
    node = URIRef(server.base + "dataset")
    assert str(page) == f"http://127.0.0.1:{server.port}/.well-known/void"
    assert (node, RDF.type, VOID.Dataset) in found
    assert (node, VOID.sparqlEndpoint, URIRef(f"http://127.0.0.1:{server.port}/sparql")) in found
    assert len(list(found.objects(node, VOID.dataDump))) == 6
    assert found.value(node, VOID.triples).toPython() > 1000


def test_the_dataset_has_distributions_a_service_and_the_current_release(server, release):
    found = graph(server, "/dataset")
    node = URIRef(server.base + "dataset")
    dumps = list(found.objects(node, DCAT.distribution))
    assert len(dumps) == 6
    for dump in dumps:
        path = str(found.value(dump, DCAT.downloadURL)).partition(str(server.port))[2]
        media_type = str(found.value(dump, DCAT.mediaType)).partition("media-types/")[2]
        assert server.ask(path, "HEAD").media_type == media_type
    (service,) = found.subjects(RDF.type, DCAT.DataService)
    assert (service, DCAT.servesDataset, node) in found
    (version,) = found.objects(node, DCAT.hasCurrentVersion)
    assert str(found.value(version, DCTERMS.identifier)) == release.digest
    assert (version, DCAT.isVersionOf, node) in found


@pytest.mark.parametrize("path", ["/dataset", "/.well-known/void"])
def test_a_browser_gets_a_page_about_the_dataset(server, release, path):
    answer = server.ask(path, accept="text/html,*/*;q=0.8")
    assert answer.media_type == "text/html"
    assert release.digest[:12] in answer.text


def test_the_iris_of_the_dataset_and_of_its_graphs_are_links_to_them(server):
    page = server.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } LIMIT 400", accept="text/html").text
    link = re.search(r'href="(/graphs\?graph=[^"]*)"', page)
    assert link
    assert server.ask(link[1].replace("&amp;", "&")).media_type == "text/turtle"
    page = server.query(f"SELECT ?d {{ BIND(<{server.base}dataset> AS ?d) }}", accept="text/html").text
    assert 'href="/dataset"' in page


def permalink(headers: dict[str, str]) -> str:
    found = re.fullmatch(r'<([^>]*)>; rel="bookmark"', headers["link"])
    assert found
    return found[1]


@pytest.mark.parametrize("text", ["SELECT ?s { ?s ?p ?o } LIMIT 3", "DESCRIBE <https://w3id.org/pac/ns>"])
def test_the_permalink_of_an_answer_gives_the_same_answer(server, release, text):
    form = urlencode({"query": text, "default-graph-uri": "https://w3id.org/pac/ns"}).encode()
    answer = server.ask("/sparql", "POST", form, content_type="application/x-www-form-urlencoded")
    link = permalink(answer.headers)
    assert link.startswith(f"/releases/{release.digest}/sparql?")
    again = server.ask(link, accept="text/html")
    assert (again.status, again.media_type, again.body) == (200, answer.media_type, answer.body)
    assert permalink(again.headers) == link


def test_a_canned_answer_has_a_permalink_too(server):
    page = server.ask("/queries/strength-mix", accept="text/html").text
    link = re.search(r'href="(/releases/[^"]*)" rel="bookmark"', page)
    assert link
    again = server.ask(link[1].replace("&amp;", "&"), accept="text/csv")
    assert again.body == server.ask("/queries/strength-mix.csv").body


def test_a_permalink_too_long_for_a_header_is_left_out(server):
    text = "ASK {} #" + "x" * 3000
    answer = server.ask("/sparql", "POST", text.encode(), content_type="application/sparql-query")
    assert answer.status == 200
    assert "link" not in answer.headers


def test_a_release_has_an_endpoint_by_its_digest_and_its_first_digits(server, release):
    for name in (release.digest, release.digest[:8], "current"):
        answer = server.ask(f"/releases/{name}/sparql?query=" + quote("ASK {}"))
        assert (answer.status, answer.json["boolean"]) == (200, True)
        assert server.ask(f"/releases/{name}").json["digest"] == release.digest
    assert "sd:Service" in server.ask(f"/releases/{release.digest}/sparql").text


@pytest.mark.parametrize("name", ["0" * 64, "nothing", "..", "%2e%2e", "-", "previous-one"])
def test_a_release_that_is_not_kept_is_404(server, name):
    for path in (f"/releases/{name}/sparql?query=ASK%7B%7D", f"/releases/{name}"):
        answer = server.ask(path)
        assert answer.status == 404
        assert "/tmp" not in answer.text


def test_releases_are_listed_with_their_endpoints(server, release):
    (row,) = server.ask("/releases").json["releases"]
    assert row["digest"] == release.digest
    assert row["current"] is True
    assert row["sparql"] == f"http://127.0.0.1:{server.port}/releases/{release.digest}/sparql"


BASE = "https://example.org/small/"


def published(releases: Releases, number: int) -> Release:
    digest = f"{number:x}" * 64
    dataset = {"name": "small", "title": "Small", "base": BASE, "language": "en", "version": f"0.{number}"}
    parts = ("counts", "inputs", "graphs", "findings")
    manifest = {"format": 1, "digest": digest, "dataset": dataset, "software": __version__}
    with releases.stage() as folder:
        store = ox.Store(str(folder / "store"))
        store.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal(number)))
        store.flush()
        del store
        text = layout.json.dumps({**manifest, **{part: {} for part in parts}})
        (folder / "manifest.json").write_text(text, encoding="utf-8")
        return releases.publish(folder, digest)


@pytest.fixture
def several(tmp_path) -> Iterator[tuple[object, list[Release]]]:
    """A client of an application that serves the last of six releases."""
    releases = Releases(tmp_path, "small")
    made = [published(releases, number) for number in range(1, 7)]
    settings = Settings(executors=1)
    pool = Pool(made[-1].store_path, settings)
    app = create_app(settings, made[-1], pool, Catalog(resources.queries() / "canned"))
    yield app.test_client(), made
    pool.close()
    app.extensions["kg"].archive.close()


def test_an_older_release_is_asked_at_its_own_address_and_names_itself(several):
    client, made = several
    for release in made + made[:2]:
        path = f"/releases/{release.digest}/sparql"
        answer = client.get(path, query_string={"query": "SELECT ?o { ?s ?p ?o }", "format": "csv"})
        assert answer.text.split() == ["o", release.digest[0]]
        assert answer.headers["X-KG-Release"] == release.digest
        assert release.digest in answer.headers["Link"]
        page = client.get(path, query_string={"query": "ASK {}", "format": "html"})
        assert release.digest[:12] in page.text
    assert client.get("/ready").json["release"] == made[-1].digest


def test_no_more_than_a_few_older_releases_are_open_at_once(several):
    client, made = several
    kept = client.application.extensions["kg"].archive
    for release in made:
        assert client.get(f"/releases/{release.digest}/sparql?query=ASK%7B%7D").status_code == 200
    assert len(kept._open) == archive.MOST


def test_an_older_release_at_work_does_not_give_way_and_one_more_is_429(several):
    client, made = several
    current = client.application.extensions["kg"]
    with ExitStack() as busy:
        for release in made[: archive.MOST]:
            busy.enter_context(current.archive.use(release.digest, current))
        answer = client.get(f"/releases/{made[archive.MOST].digest}/sparql?query=ASK%7B%7D")
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) >= 1
    assert client.get(f"/releases/{made[archive.MOST].digest}/sparql?query=ASK%7B%7D").status_code == 200


def test_a_query_under_way_keeps_its_older_release_open(several):
    client, made = several
    values = " ".join(map(str, range(99)))
    rows = f"SELECT * {{ VALUES ?a {{ {values} }} VALUES ?b {{ {values} }} VALUES ?c {{ {values} }} }}"
    path = f"/releases/{made[0].digest}/sparql"
    streaming = client.get(path, query_string={"query": rows, "format": "csv"})
    chunks = streaming.iter_encoded()
    assert next(chunks)
    for release in made[1:-1]:
        assert client.get(f"/releases/{release.digest}/sparql?query=ASK%7B%7D").status_code == 200
    assert sum(chunk.count(b"\n") for chunk in chunks) > 99**3 - 99**2
    streaming.close()


def test_an_older_release_that_is_open_is_not_pruned_and_one_that_was_is_404(several, tmp_path):
    from kg.release import Keep

    client, made = several
    ask = "/releases/{}/sparql?query=ASK%7B%7D"
    assert client.get(ask.format(made[0].digest)).status_code == 200
    Releases(tmp_path, "small").prune(Keep(1))
    assert client.get(ask.format(made[0].digest)).status_code == 200
    answer = client.get(ask.format(made[1].digest))
    assert answer.status_code == 404
    assert {row["digest"] for row in client.get("/releases").json["releases"]} == {
        made[0].digest,
        made[-1].digest,
    }


def test_all_releases_stand_in_the_dataset_s_description(several):
    client, made = several
    found = Graph().parse(data=client.get("/dataset").text, format="turtle")
    digests = {str(found.value(v, DCTERMS.identifier)) for v in found.objects(None, DCAT.hasVersion)}
    assert digests == {release.digest for release in made}


def test_a_server_ends_the_executors_of_older_releases_with_itself(tmp_path):
    releases = Releases(tmp_path, "small")
    old, new = published(releases, 1), published(releases, 2)
    running = start(new)
    try:
        for release in (old, new, old):
            text = quote("SELECT ?o { ?s ?p ?o }")
            answer = running.ask(f"/releases/{release.digest[:9]}/sparql?query={text}", accept="text/csv")
            assert answer.text.split() == ["o", release.digest[0]]
            assert answer.headers["x-kg-release"] == release.digest
    finally:
        assert stop(running.process) == 0
    assert members(running.process.pid) == {}
