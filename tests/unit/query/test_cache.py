"""Answers kept in memory: whole ones only, each computed once, never for a query that differs each time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import DeadlinePassed, KgError, NotAcceptable, QuerySyntaxError
from kg.formats import CSV, JSON, TURTLE
from kg.query.cache import Answers, Cache
from kg.query.canonical import canonical
from kg.query.pool import Pool
from kg.query.request import parse

MakePool = Callable[..., Pool]
NAMES = "PREFIX : <https://example.org/> SELECT ?name { ?x :name ?name } ORDER BY ?name"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def key(text: str) -> str | None:
    return canonical(parse(text))


def ask(answers: Answers, text: str, timeout: float = 20.0, fmt=CSV) -> bytes:
    return b"".join(answers.run(parse(text), fmt, timeout=timeout))


@pytest.fixture
def answers(make_pool: MakePool) -> Answers:
    return Answers(make_pool(), Cache(8), "release")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o }",
        "  SELECT *\n\t{ ?s ?p ?o }\n",
        "# what is this\nSELECT # all\n * { ?s ?p ?o } # the end",
    ],
)
def test_blanks_and_comments_make_no_other_query(text: str) -> None:
    assert key(text) == "SELECT * { ?s ?p ?o }"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ASK { ?s ?p 'a  b' }", "ASK { ?s ?p 'a b' }"),
        ("ASK { ?s ?p 1.5 }", "ASK { ?s ?p 1 .5 }"),
        ("ASK { ?s ?p '#a' }", "ASK { ?s ?p '#b' }"),
        ("ASK { ?s <a:#b> ?o }", "ASK { ?s <a:#c> ?o }"),
        ("SELECT ?a {}", "SELECT ?b {}"),
        ("ASK {?s ?p ?o FILTER(?a<'>'  #x'\n)}", "ASK {?s ?p ?o FILTER(?a<'>' #x'\n)}"),
        (
            "ASK { FILTER(EXISTS{?s ?p ?o}<'>'||'a  b'='a b') }",
            "ASK { FILTER(EXISTS{?s ?p ?o}<'>'||'a b'='a b') }",
        ),
        (
            "ASK { FILTER(coalesce(<<(<urn:a> <urn:b> 1)>><'>',false)||'a  b'='a b') }",
            "ASK { FILTER(coalesce(<<(<urn:a> <urn:b> 1)>><'>',false)||'a b'='a b') }",
        ),
        (
            "ASK { FILTER(1<coalesce(1,2>3)||true) FILTER('a'<'>'||'a  b'='a b') }",
            "ASK { FILTER(1<coalesce(1,2>3)||true) FILTER('a'<'>'||'a b'='a b') }",
        ),
        (
            r"PREFIX x: <urn:x> ASK { VALUES ?v { '''a' x:b\-c '''  d' } }",
            r"PREFIX x: <urn:x> ASK { VALUES ?v { '''a' x:b\-c ''' d' } }",
        ),
        ("ASK {?s ?p ?o FILTER(?a<?b&&'>  '!=?c)}", "ASK {?s ?p ?o FILTER(?a<?b&&'> '!=?c)}"),
    ],
)
def test_what_may_mean_something_else_is_another_query(one: str, other: str) -> None:
    assert key(one) != key(other) or key(one) is None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (NOW() AS ?t) {}",
        "SELECT (now #x\n () AS ?t) {}",
        "SELECT (1+RAND() AS ?t) {}",
        "SELECT ?t { BINDuuid() AS ?t }",
        "SELECT (STRUUID() AS ?t) {}",
        "SELECT (BNODE() AS ?t) {}",
        r"SELECT (\u004eOW() AS ?t) {}",
        "ASK { ?s ?p ?o FILTER(?o<NOW()&&?b>?c) }",
        "CONSTRUCT { [] ?p ?o } { ?s ?p ?o }",
        "CONSTRUCT { _:a ?p ?o } { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p (1 2) } { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p '}', _:a } { ?s ?p ?o }",
        "CONSTRUCT { << ?s ?p ?o >> ?p 1 } { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p ?o {| ?p 1 |} } { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p ?o ~ } { ?s ?p ?o }",
    ],
)
def test_a_query_whose_answer_differs_each_time_has_no_key(text: str) -> None:
    assert key(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?now { ?now ?p 'now() and bnode()' } # rand()",
        "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o , [] FILTER(?s = 1) }",
        "SELECT ?s { VALUES (?s ?o) { (<a:b#c> <a:d#e>) } ?s ?p ?o }",
    ],
)
def test_words_in_strings_and_comments_do_not_make_a_query_differ(text: str) -> None:
    assert key(text) is not None


@given(st.text(st.sampled_from("<>'\"#\\\n{}()?:.aS1 \t")))
def test_what_has_a_key_keeps_it_when_it_is_made_alike_once_more(text: str) -> None:
    once = key("ASK {" + text)
    assert once is None or key(once) == once


def test_the_second_answer_comes_from_memory_and_is_the_same(answers: Answers) -> None:
    first = ask(answers, NAMES)
    answers.pool.close()
    assert ask(answers, NAMES.replace(" {", "\n{") + " # again") == first


def test_formats_graphs_and_releases_have_answers_of_their_own(make_pool: MakePool) -> None:
    pool, cache = make_pool(), Cache(8)
    here = Answers(pool, cache, "release")
    graph = ["https://example.org/graph"]
    found = {
        ask(here, NAMES),
        ask(here, NAMES, fmt=JSON),
        b"".join(here.run(parse(NAMES, default_graphs=graph), CSV, timeout=20)),
    }
    assert len(found) == 3
    ask(Answers(pool, cache, "another"), NAMES)
    assert (len(cache), cache.tally["answer", "miss"]) == (4, 4)


def test_what_a_key_takes_is_counted_with_its_graphs(make_pool: MakePool) -> None:
    cache = Cache(1)
    here = Answers(make_pool(), cache, "release")
    for number in range(30):
        query = parse("ASK {}", default_graphs=[f"https://example.org/{number}" + "a" * 100_000])
        assert b"".join(here.run(query, CSV, timeout=20))
    assert cache.bytes <= cache.limit
    assert len(cache) < 11


def test_an_error_is_not_kept(answers: Answers) -> None:
    for _ in range(2):
        with pytest.raises(QuerySyntaxError):
            ask(answers, "SELECT * { ?s ?p }")
        with pytest.raises(DeadlinePassed):
            ask(answers, ENDLESS, timeout=0.3)
    with pytest.raises(NotAcceptable):
        ask(answers, NAMES, fmt=TURTLE)
    assert ask(answers, NAMES)


def test_an_answer_that_is_too_long_is_not_kept_and_comes_whole(answers: Answers) -> None:
    text = "SELECT * { ?s ?p ?o . ?a <https://example.org/name> ?b }"
    cache = Cache(0)
    cache.limit, cache.most = 1 << 20, 10_000
    short = Answers(answers.pool, cache, "release")
    first = ask(short, text)
    assert len(first) > 10_000
    assert ask(short, text) == ask(answers, text) == first
    assert cache.bytes < 5_000


def test_a_cache_of_no_size_keeps_nothing(make_pool: MakePool) -> None:
    cache = Cache(0)
    answers = Answers(make_pool(), cache, "release")
    assert ask(answers, NAMES) == ask(answers, NAMES)
    assert len(cache) == 0


def test_what_was_not_used_for_longest_goes_first() -> None:
    cache = Cache(1)
    for name in "abc":
        cache.put(name, name, 260_000)
    cache.get("a")
    cache.put("d", "d", 260_000)
    cache.put("e", "e", 260_000)
    assert [name for name in "abcde" if cache.get(name)] == ["a", "c", "d", "e"]
    assert cache.bytes <= cache.limit


def test_the_same_query_asked_by_many_at_once_is_computed_once(answers: Answers) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
    asked, found, pool = [], [], answers.pool
    run = pool.run
    pool.run = lambda *args, **options: asked.append(1) or run(*args, **options)  # type: ignore[method-assign]
    threads = [threading.Thread(target=lambda: found.append(ask(answers, text))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(asked), len(found), len(set(found))) == (1, 10, 1)


def test_who_waits_for_the_same_query_of_another_has_a_deadline_too(make_pool: MakePool) -> None:
    answers = Answers(make_pool(), Cache(8), "release")

    def begin() -> None:
        with pytest.raises(KgError):
            ask(answers, ENDLESS)

    other = threading.Thread(target=begin)
    other.start()
    time.sleep(0.2)
    with pytest.raises(DeadlinePassed, match="another"):
        ask(answers, ENDLESS, timeout=0.3)
    answers.pool.close()
    other.join()


def test_where_the_first_who_asked_fails_the_next_one_asks(make_pool: MakePool) -> None:
    answers = Answers(make_pool(), Cache(8), "release")
    text = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"

    def begin() -> None:
        with pytest.raises(KgError):
            ask(answers, text, timeout=0.05)

    first = threading.Thread(target=begin)
    first.start()
    assert ask(answers, text)
    first.join()
