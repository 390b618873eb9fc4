"""What happened so far, in numbers, as Prometheus reads them (text exposition format 0.0.4)."""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg import __version__

if TYPE_CHECKING:
    from kg.web.site import Site

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the histogram of seconds."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""A label has few values: whatever else a client sends is ``other``."""

Labels = tuple[str, ...]


@dataclass(slots=True)
class Histogram:
    """How often something took how long."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.sum += seconds


class Metrics:
    """The counters of one web process; they outlive a switch of the release."""

    def __init__(self) -> None:
        self.started = time.time()
        self.requests: Counter[Labels] = Counter()
        self.seconds: dict[str, Histogram] = {}
        self.bytes: Counter[Labels] = Counter()
        self.cut: Counter[Labels] = Counter()
        self.ended: Counter[str] = Counter()
        """Executors that ended, by reason."""
        self.known: Counter[Labels] = Counter()
        """Requests that were not read again, by what was known of them."""
        self.slow = 0
        self.late_readers = 0
        self.switches = 0
        self.in_flight = 0
        self.connections = 0
        self.cut_off: Counter[str] = Counter()
        """Connections that were not waited for any longer, by reason."""

    def request(self, route: str, method: str, status: int, seconds: float, sent: int, whole: bool) -> None:
        """Count one answer. ``route`` is the rule of a path, not the path: there are few of them."""
        self.requests[route, method if method in METHODS else "other", str(status)] += 1
        self.seconds.setdefault(route, Histogram()).add(seconds)
        self.bytes[route,] += sent
        if not whole:
            self.cut[route,] += 1


def exposition(site: Site) -> str:
    """The page for Prometheus."""
    return "".join(_lines(site))


def _lines(site: Site) -> Iterator[str]:
    metrics, cache, pool = site.metrics, site.cache, site.pool.state()
    yield from _counter("kg_requests_total", "Answers.", ("route", "method", "status"), metrics.requests)
    yield from _histogram("kg_request_seconds", "From the request to the last byte.", metrics.seconds)
    yield from _counter("kg_response_bytes_total", "Bytes of bodies.", ("route",), metrics.bytes)
    yield from _counter(
        "kg_responses_cut_total", "Answers cut after the first byte.", ("route",), metrics.cut
    )
    yield from _counter(
        "kg_requests_known_total",
        "Requests not read again: known whole, or but for the query.",
        ("known",),
        metrics.known,
    )
    yield from _total(
        "kg_late_readers_total", "Answers cut for a reader that stood still.", metrics.late_readers
    )
    yield from _gauge("kg_requests_in_flight", "Requests being answered.", metrics.in_flight)
    yield from _gauge("kg_connections", "Connections that are open.", metrics.connections)
    cut_off: dict[Labels, int] = {(reason,): count for reason, count in metrics.cut_off.items()}
    yield from _counter("kg_connections_cut_off_total", "Connections cut off, and why.", ("reason",), cut_off)
    states: dict[Labels, int] = {("idle",): pool.idle, ("busy",): pool.busy}
    yield from _labelled("kg_executors", "gauge", "Query executors.", ("state",), states)
    yield from _gauge("kg_queries_waiting", "Queries that wait for an executor.", pool.waiting)
    ended: dict[Labels, int] = {(reason,): count for reason, count in metrics.ended.items()}
    yield from _counter("kg_executors_ended_total", "Executors ended, and why.", ("reason",), ended)
    yield from _counter("kg_cache_lookups_total", "Lookups in the cache.", ("kind", "result"), cache.tally)
    yield from _gauge("kg_cache_bytes", "Bytes kept in the cache.", cache.bytes)
    yield from _gauge("kg_cache_limit_bytes", "Bytes that the cache may hold.", cache.limit)
    yield from _gauge("kg_cache_entries", "Entries in the cache.", len(cache))
    yield from _total("kg_slow_queries_total", "Queries over the setting slow.", metrics.slow)
    yield from _total("kg_release_switches_total", "Times another release was taken up.", metrics.switches)
    dataset = site.release.manifest["dataset"]
    info = (site.release.digest, str(dataset["name"]), str(dataset.get("version") or ""), __version__)
    names = ("digest", "dataset", "version", "kg")
    yield from _labelled("kg_release_info", "gauge", "The release that is served.", names, {info: 1})
    yield from _gauge("process_start_time_seconds", "When the process started.", metrics.started)
    if (resident := _resident()) is not None:
        yield from _gauge("process_resident_memory_bytes", "Memory of the web process.", resident)


def _head(name: str, kind: str, meaning: str) -> str:
    return f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"


def _gauge(name: str, meaning: str, value: float) -> Iterator[str]:
    yield f"{_head(name, 'gauge', meaning)}{name} {value}\n"


def _total(name: str, meaning: str, value: int) -> Iterator[str]:
    yield f"{_head(name, 'counter', meaning)}{name} {value}\n"


def _counter(name: str, meaning: str, names: Labels, rows: Mapping[Labels, int]) -> Iterator[str]:
    return _labelled(name, "counter", meaning, names, rows)


def _labelled(name: str, kind: str, meaning: str, names: Labels, rows: Mapping[Labels, int]) -> Iterator[str]:
    yield _head(name, kind, meaning)
    for values, number in sorted(rows.items()):
        yield f"{name}{_labels(zip(names, values, strict=True))} {number}\n"


def _histogram(name: str, meaning: str, rows: Mapping[str, Histogram]) -> Iterator[str]:
    yield _head(name, "histogram", meaning)
    for route, histogram in sorted(rows.items()):
        total = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), histogram.counts, strict=True):
            total += count
            yield f"{name}_bucket{_labels([('route', route), ('le', bound)])} {total}\n"
        yield f"{name}_sum{_labels([('route', route)])} {histogram.sum}\n"
        yield f"{name}_count{_labels([('route', route)])} {total}\n"


def _labels(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _resident() -> int | None:
    """Bytes of memory that this process holds (Linux: /proc/self/statm, second field, in pages)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return None
