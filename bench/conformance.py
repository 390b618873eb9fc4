"""W3C's tests of queries, asked over HTTP of ``kg serve --rdf … --default-graph strict``, and of pyoxigraph.

    python bench/conformance.py FOLDER

FOLDER has the suites (https://github.com/w3c/rdf-tests, or ``test/data/suites/w3c`` of rdflib's source
distribution); they are not part of this repository. One server holds every file of data as a named graph,
and each test names those that make its dataset by ``default-graph-uri`` and ``named-graph-uri``; so the
protocol's datasets are tried with every query. The engine is asked beside it, of a store of the
test's own: what it gets wrong alike is the engine's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox

from suites import Case, Outcome, Suites, by_value, csv_table, outcome, same

NOTHING: Final = "urn:nothing"
"""The name of a graph that is empty: the default graph of a test without data."""

APART: Final = "?default"
"""Where a file makes the default graph its blank nodes are others than where it is a named one."""

RIGHT: Final = ("right", "right by value")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a test here, and from the engine alone: right, right by value, refused, wrong."""

    case: Case
    ours: str
    engine: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the server."""

    status: int
    media_type: str
    body: bytes


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """A server over a file; its address."""
    options = ["--port", "0", "--default-graph", "strict", "--rdf", str(data)]
    process = subprocess.Popen(
        [sys.executable, "-m", "kg", "serve", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        yield process.stdout.readline().strip().rpartition(" ")[2]
    finally:
        process.terminate()
        process.wait()


def ask(address: str, suites: Suites, case: Case) -> Reply:
    """Ask a test's query of its dataset."""
    graphs = [("default-graph-uri", iri + APART) for iri in case.data]
    graphs += [("named-graph-uri", iri) for iri in case.graphs]
    if not graphs and "from" not in suites.text(case.query).lower():
        graphs = [("default-graph-uri", NOTHING)]
    suffix = Path(case.result or "").suffix
    accept = {
        ".csv": "text/csv",
        ".tsv": "text/tab-separated-values",
        ".srj": "application/sparql-results+json",
    }
    headers = {
        "Content-Type": "application/sparql-query",
        "Accept": accept.get(suffix, "application/sparql-results+xml, application/n-triples"),
    }
    target = f"{address}/sparql?{urlencode(graphs)}"
    request = urllib.request.Request(target, suites.text(case.query).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Reply(response.status, response.headers.get_content_type(), response.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.headers.get_content_type(), error.read())


def read(reply: Reply) -> Outcome:
    """The value of an answer."""
    if reply.media_type == "text/csv":
        return csv_table(reply.body.decode())
    if kind := ox.QueryResultsFormat.from_media_type(reply.media_type):
        return outcome(ox.parse_query_results(reply.body, format=kind))
    return tuple(ox.parse(reply.body, format=ox.RdfFormat.from_media_type(reply.media_type)))


def alone(suites: Suites, case: Case, everything: ox.Store) -> Outcome | SyntaxError:
    """What the engine says to the same, asked directly."""
    text = suites.text(case.query)
    store = ox.Store()
    for iri in case.data:
        store.extend(suites.quads(iri))
    for iri in case.graphs:
        name = ox.NamedNode(iri)
        store.add_graph(name)
        store.extend(ox.Quad(q.subject, q.predicate, q.object, name) for q in suites.quads(iri))
    chosen = store if case.data or case.graphs else everything
    if chosen is everything and "from" not in text.lower():
        chosen = ox.Store()
    try:
        return outcome(chosen.query(text))
    except SyntaxError as error:
        return error


def judge(suites: Suites, case: Case, found: Outcome) -> str:
    """Compare with what should come."""
    expected = suites.expected(case)
    if same(expected, found, case.lax):
        return "right"
    return "right by value" if same(by_value(expected), by_value(found), case.lax) else "wrong"


def ours(suites: Suites, case: Case, reply: Reply) -> str:
    """The verdict on the server."""
    if reply.status == 403 or b"there is no function" in reply.body:
        return "refused"
    if case.kind == "negative":
        return "right" if reply.status == 400 else f"wrong: {reply.status}"
    if reply.status != 200:
        return f"wrong: {reply.status}"
    return "right" if case.kind == "positive" else judge(suites, case, read(reply))


def engines(suites: Suites, case: Case, everything: ox.Store) -> str:
    """The verdict on the engine alone."""
    try:
        found = alone(suites, case, everything)
    except (OSError, RuntimeError) as error:  # SERVICE reaches nobody; an unknown function
        return f"refused: {error}"[:70]
    refused = isinstance(found, SyntaxError)
    if case.kind == "negative":
        return "right" if refused else "wrong: 200"
    if isinstance(found, SyntaxError):
        return "wrong: 400"
    if case.kind == "positive":
        return "right"
    if Path(case.result or "").suffix == ".csv":
        return "right"  # the engine's values have types: what CSV makes of them is asked of the server
    return judge(suites, case, found)


def run(suites: Suites) -> Iterator[Verdict]:
    """Every test, one after the other."""
    cases = list(suites.cases())
    everything = ox.Store()
    for iri in sorted({iri + APART for case in cases for iri in case.data} | set(_files(suites, cases))):
        name = ox.NamedNode(iri)
        quads = suites.quads(iri.removesuffix(APART))
        everything.extend(ox.Quad(q.subject, q.predicate, q.object, name) for q in quads)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "suites.nq")
        everything.dump(data, format=ox.RdfFormat.N_QUADS)
        with serving(data) as address:
            for case in cases:
                reply = ask(address, suites, case)
                yield Verdict(case, ours(suites, case, reply), engines(suites, case, everything))


def _files(suites: Suites, cases: list[Case]) -> Iterator[str]:
    """The files that stand as named graphs: those of the manifests, and what queries name in FROM."""
    for case in cases:
        yield from case.graphs
        if case.data or case.graphs or case.kind != "evaluation":
            continue
        for path in suites.path(case.query).parent.glob("*.*"):
            if path.suffix in (".ttl", ".rdf") and path.name in suites.text(case.query):
                yield suites.iri(path)


def report(verdicts: list[Verdict]) -> Iterator[str]:
    """A table by suite, then each failure by name."""
    yield "| suite | tests | right | right by value | refused | wrong | wrong by the engine alone |"
    yield "|---|---|---|---|---|---|---|"
    for suite in dict.fromkeys(verdict.case.suite for verdict in verdicts):
        yield f"| {suite} | {_row([v for v in verdicts if v.case.suite == suite])} |"
    yield f"| all | {_row(verdicts)} |\n"
    for verdict in verdicts:
        if verdict.ours not in RIGHT:
            alike = _short(verdict.engine) == _short(verdict.ours)
            engine = "the engine alike" if alike else f"the engine alone: {verdict.engine}"
            case = verdict.case
            yield f"- {case.suite} {case.name} ({case.kind}): {verdict.ours}; {engine}"


COLUMNS: Final = ("tests", "right", "right by value", "refused", "wrong", "engine")


def _row(verdicts: list[Verdict]) -> str:
    counts = Counter(_short(verdict.ours) for verdict in verdicts)
    counts["tests"] = len(verdicts)
    counts["engine"] = sum(verdict.engine.startswith("wrong") for verdict in verdicts)
    return " | ".join(str(counts[column]) for column in COLUMNS)


def _short(verdict: str) -> str:
    return verdict.partition(":")[0]


def main(words: list[str]) -> int:
    """Print the report; 1 where the server is wrong and the engine alone is not."""
    if len(words) != 1 or not Path(words[0]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    verdicts = list(run(Suites(Path(words[0]).resolve())))
    print("\n".join(report(verdicts)))
    return int(any(v.ours.startswith("wrong") and v.engine in RIGHT for v in verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
