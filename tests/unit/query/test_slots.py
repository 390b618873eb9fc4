"""Who is given a slot, and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from kg.errors import ExecutorFailed, KgError, TooManyQueries
from kg.query import slots as slots_module
from kg.query.answer import Asked
from kg.query.slots import Slots

pytestmark = pytest.mark.alone


@dataclass
class Client:
    """A reader who has been waited for."""

    waited: float = 0.0
    late: bool = False
    hurried: bool = False

    def fileno(self) -> int:
        raise AssertionError("not looked at within a second")

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        raise AssertionError("not read from")


def failure(_: bytes) -> KgError:
    return ExecutorFailed("")


def asked(seconds: float = 60.0, client: Client | None = None) -> Asked:
    return Asked(time.monotonic() + seconds, client, failure)


def waiting(slots: Slots, take: Callable[[], object]) -> threading.Thread:
    """Take a slot in a thread of its own; back once it waits."""
    before = slots.waiting
    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    while slots.waiting == before:
        time.sleep(0.005)
    return thread


def test_the_oldest_is_next() -> None:
    slots, order = Slots(1, 60.0), []
    first = slots.take(asked())
    assert first

    def take(name: str) -> None:
        slot = slots.take(asked())
        order.append(name)
        assert slot
        slots.give_back(slot)

    threads = [waiting(slots, lambda name=name: take(name)) for name in "abc"]
    slots.give_back(first)
    for thread in threads:
        thread.join(10)
    assert order == ["a", "b", "c"]
    assert (slots.held, slots.waiting) == (0, 0)


def test_what_looks_like_a_small_one_goes_before_what_looks_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "SMALL", 600.0)
    slots, order = Slots(1, 60.0), []
    slots.note("SELECT ?long { ?a <b:1> 1 }", True)
    slots.note("ASK { <a:1> ?b ?c }", False)
    first = slots.take(asked())
    assert first

    def take(text: str) -> None:
        slot = slots.take(asked(), text=text)
        order.append(text)
        assert slot
        slots.give_back(slot)

    texts = ["SELECT ?x { ?y <z:9> 22 }", "CONSTRUCT WHERE { ?new ?new ?new }", "ASK { <other:2> ?p ?o }"]
    threads = [waiting(slots, lambda text=text: take(text)) for text in texts]
    slots.give_back(first)
    for thread in threads:
        thread.join(10)
    assert order == texts[::-1]


def test_the_slowest_reader_is_hurried_once_its_time_is_over_and_another_waits() -> None:
    slots = Slots(2, 60.0)
    slow, slower, soon = Client(waited=1.0), Client(waited=2.0), 0.3
    assert slots.take(asked(soon, slow))
    held = slots.take(asked(soon, slower))
    assert held
    time.sleep(soon)
    assert [slow.hurried, slower.hurried] == [False, False]  # nobody waits

    def take() -> None:
        assert slots.take(asked(), long=True)

    thread = waiting(slots, take)
    while not slower.hurried:
        time.sleep(0.005)
    assert not slow.hurried
    slots.give_back(held)
    thread.join(10)
    assert not thread.is_alive()
    assert not slow.hurried


def test_from_the_reserved_slot_a_reader_that_is_over_its_time_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slots_module, "SMALL", 0.0)
    slots, reader = Slots(1, 60.0), Client(waited=1.0)
    held, reserved = slots.take(asked(0.0, reader)), slots.take(asked())
    assert held
    assert reserved
    assert reserved.reserved
    threading.Timer(0.1, slots.give_back, (held,)).start()
    slots.go_on(reserved)
    assert reader.hurried
    assert not reserved.reserved


def test_without_such_a_reader_it_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "SMALL", 0.0)
    slots = Slots(1, 60.0)
    held, reserved = slots.take(asked(client=Client())), slots.take(asked())
    assert held
    assert reserved
    with pytest.raises(TooManyQueries, match="no small question"):
        slots.go_on(reserved)


def test_closing_ends_every_wait() -> None:
    slots, ends = Slots(1, 60.0), []
    assert slots.take(asked())
    threads = [waiting(slots, lambda: ends.append(slots.take(asked(), long=True))) for _ in range(3)]
    slots.close()
    for thread in threads:
        thread.join(10)
    assert ends == [None, None, None]
