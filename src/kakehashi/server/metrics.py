"""What is counted for Prometheus, under names that other parts of the server import.

Labels never say who: no address, no name, no path. Bind a labelled series once, at import, and keep it
(`HITS = page_cache_answers.labels("hit")`): `HITS.inc()` then costs well below two microseconds, `labels()` as much again.
Under `kakehashi serve` with a metrics token all server processes write into one directory, and a scrape adds them up;
anywhere else the figures are this process's own.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# Seconds. A page from memory takes a tenth of the first, a request that waits for a lock gives up before the last.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REGISTRY = CollectorRegistry()

requests = Counter(
    "kakehashi_requests",
    "Requests that Django answered.",
    ["route", "method", "status"],
    registry=REGISTRY,
)
request_seconds = Histogram(
    "kakehashi_request_seconds",
    "Time from a request's arrival at Django to its answer.",
    ["route", "method"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
database_queries = Counter("kakehashi_database_queries", "Queries sent while answering requests.", registry=REGISTRY)
slow_queries = Counter(
    "kakehashi_database_slow_queries",
    "Queries that took longer than KAKEHASHI_SLOW_QUERY_MS.",
    registry=REGISTRY,
)
database_failures = Counter(
    "kakehashi_database_failures",
    "Requests answered 503 because the database was away, locked, too slow or full.",
    ["reason"],
    registry=REGISTRY,
)
page_cache_answers = Counter(
    "kakehashi_page_cache_answers",
    "Requests that the page cache answered or passed on, by what it did.",
    ["result"],
    registry=REGISTRY,
)
page_cache_evictions = Counter(
    "kakehashi_page_cache_evictions", "Pages thrown out of the page cache for want of room.", registry=REGISTRY
)
page_cache_bytes = Gauge(
    "kakehashi_page_cache_bytes",
    "Bytes that the page caches hold.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
page_cache_pages = Gauge(
    "kakehashi_page_cache_pages",
    "Pages that the page caches hold.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
live_listeners = Gauge(
    "kakehashi_live_listeners",
    "Readers who listen to an open thread.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
live_refused = Counter("kakehashi_live_refused", "Listeners refused by a cap.", registry=REGISTRY)
views = Counter(
    "kakehashi_views",
    "Story pages sent by GET: counted, written, not a view (crawlers, prefetches, seen within the window), dropped.",
    ["result"],
    registry=REGISTRY,
)
