"""The runner of W3C's suites: what it takes for right, for wrong and for refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = """@prefix : <#> . @prefix mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#> .
@prefix qt: <http://www.w3.org/2001/sw/DataAccess/tests/test-query#> .
<> mf:entries (:right :wrong :value :named :graph :parses :fails :refused :text) .
:right a mf:QueryEvaluationTest ; mf:action [ qt:query <all.rq> ; qt:data <a.ttl> ] ; mf:result <right.srj> .
:wrong a mf:QueryEvaluationTest ; mf:action [ qt:query <all.rq> ; qt:data <a.ttl> ] ; mf:result <wrong.srj> .
:value a mf:QueryEvaluationTest ; mf:action [ qt:query <all.rq> ; qt:data <a.ttl> ] ; mf:result <value.ttl> .
:named a mf:QueryEvaluationTest ; mf:result <named.srj> ;
  mf:action [ qt:query <named.rq> ; qt:data <a.ttl> ; qt:graphData <a.ttl> ] .
:graph a mf:QueryEvaluationTest ; mf:action [ qt:query <graph.rq> ; qt:data <a.ttl> ] ; mf:result <a.ttl> .
:text a mf:CSVResultFormatTest ; mf:action [ qt:query <all.rq> ; qt:data <a.ttl> ] ; mf:result <text.csv> .
:parses a mf:PositiveSyntaxTest11 ; mf:action <all.rq> .
:fails a mf:NegativeSyntaxTest11 ; mf:action <bad.rq> .
:refused a mf:PositiveSyntaxTest11 ; mf:action <service.rq> .
:withdrawn a mf:NegativeSyntaxTest11 ; mf:action <named.rq> .
"""
RESULTS = '{"head":{"vars":["o"]},"results":{"bindings":[%s]}}'
ONE = '{"o":{"type":"literal","value":"%s","datatype":"http://www.w3.org/2001/XMLSchema#integer"}}'
FILES = {
    "manifest.ttl": MANIFEST,
    "a.ttl": "<urn:s> <urn:p> 1, [] .",
    "all.rq": "SELECT ?o { ?s ?p ?o FILTER(isLiteral(?o)) }",
    "named.rq": "SELECT ?o { ?s ?p ?o GRAPH <a.ttl> { ?s ?p ?o } }",
    "graph.rq": "CONSTRUCT WHERE { ?s ?p ?o }",
    "bad.rq": "SELECT {",
    "service.rq": "SELECT * { SERVICE <http://127.0.0.1:1/> {} }",
    "right.srj": RESULTS % (ONE % "1"),
    "named.srj": RESULTS % (ONE % "1"),
    "wrong.srj": RESULTS % (ONE % "2"),
    "text.csv": "o\r\n1\r\n",
    "value.ttl": """@prefix rs: <http://www.w3.org/2001/sw/DataAccess/tests/result-set#> .
[] a rs:ResultSet ; rs:resultVariable "o" ; rs:solution [ rs:binding [ rs:variable "o" ; rs:value 01 ] ] .""",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("suites") / "small suite"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
    command = [sys.executable, str(ROOT / "bench" / "conformance.py"), str(folder.parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr  # what is wrong is so from the engine alone
    return done.stdout


def test_a_suite_has_a_row_of_sums(report):
    assert "| small suite | 9 | 6 | 1 | 1 | 1 | 1 |" in report


def test_a_failure_is_named_with_what_the_engine_alone_says(report):
    named = [line for line in report.splitlines() if line.startswith("- ")]
    assert named[1:] == ["- small suite wrong (evaluation): wrong; the engine alike"]
    assert named[0].startswith("- small suite refused (positive): refused; ")
