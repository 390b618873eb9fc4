"""/openapi.json says what is there, and nothing that is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from kg.query import catalog
from kg.query.pool import Pool
from kg.settings import Settings
from kg.web.app import create_app


@pytest.fixture(scope="module")
def described(server) -> dict[str, Any]:
    return server.ask("/openapi.json").json


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method in ("get", "post"):
            if method in item:
                shared = item.get("parameters", [])
                yield path, method, {**item[method], "parameters": [*shared, *item[method]["parameters"]]}


def test_every_route_is_described_and_nothing_else(release, described):
    pool = Pool(release.store_path, Settings())
    app = create_app(Settings(), release, pool, catalog.bundled())
    pool.close()
    routes = {re.sub(r"<(?:path:)?\w+>", "{}", rule.rule) for rule in app.url_map.iter_rules()}
    paths = {re.sub(r"\{\w+\}", "{}", path) for path in described["paths"]}
    canned = {f"/queries/{query.name}" for query in catalog.bundled()}
    assert canned <= paths
    pages = {"/", "/problems", "/static/{}", "/queries/{}"}
    assert paths - canned == routes - pages


def test_references_lead_somewhere(described):
    for reference in re.findall(r"#/components/[\w/]+", str(described)):
        found = described
        for step in reference[2:].split("/"):
            found = found[step]
        assert found


def test_parameters_of_paths_are_declared(described):
    for path, _, operation in operations(described):
        declared = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_each_path_answers_as_described(server, described):
    wanted = {"/sparql": {"query": "ASK {}"}, "/graphs": {"default": ""}, "/search": {"q": "icesco"}}
    for path, method, operation in operations(described):
        if method != "get":
            continue
        target = path
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                target = target.replace(f"{{{parameter['name']}}}", parameter["example"])
        answer = server.ask(f"{target}?{urlencode(wanted.get(path, {}))}")
        assert str(answer.status) in operation["responses"], path
        assert answer.status in (200, 303), path
        if answer.status == 200 and "content" in operation["responses"]["200"]:
            assert answer.media_type in operation["responses"]["200"]["content"]


def test_the_limits_of_the_server_stand_in_it(described):
    parameters = {p["name"]: p["schema"] for p in described["paths"]["/sparql"]["get"]["parameters"]}
    assert parameters["timeout"]["maximum"] == 10.0
    assert "turtle" in parameters["format"]["enum"]


def test_a_canned_query_has_its_parameters(described):
    query = next(q for q in catalog.bundled() if any(p.kind == "entity" for p in q.parameters))
    found = {p["name"]: p for p in described["paths"][f"/queries/{query.name}"]["get"]["parameters"]}
    assert set(found) == {p.name for p in query.parameters} | {"format"}
