"""What is noted about each request that Django answers: a number for it, a line in the log, figures for Prometheus."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from kakehashi.server import logs, metrics
from kakehashi.server.nameplate import nameplate
from kakehashi.server.proxies import networks, read_address

logger = logging.getLogger("kakehashi.request")
query_logger = logging.getLogger("kakehashi.query")

SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
LONGEST_SQL = 2000
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestMiddleware:
    """Outermost but for health. Takes X-Request-ID from a trusted proxy or makes one, and sends it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = networks(settings.TRUSTED_PROXIES)
        self.has_metrics = bool(settings.KAKEHASHI_METRICS_TOKEN)
        self.logs_all: bool = settings.KAKEHASHI_LOG_REQUESTS
        self.slow_request = settings.KAKEHASHI_SLOW_REQUEST_MS / 1000
        self.slow_query = settings.KAKEHASHI_SLOW_QUERY_MS / 1000
        self.watches_queries = self.has_metrics or self.logs_all or self.slow_query > 0 or self.slow_request > 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        facts = logs.Facts(self._id(request), request)
        token = logs.current.set(facts)
        began = time.perf_counter()
        try:
            with ExitStack() as stack:
                if self.watches_queries:
                    stack.enter_context(connection.execute_wrapper(QueryWatch(facts, self.slow_query)))
                response = self.get_response(request)
            response["X-Request-ID"] = facts.id
            self._note(facts, response.status_code, time.perf_counter() - began)
            if response.status_code < 500:
                nameplate.look()
            return response
        finally:
            logs.current.reset(token)

    def _id(self, request: HttpRequest) -> str:
        given = request.META.pop("HTTP_X_REQUEST_ID", "")
        if given and SANE_ID.match(given):
            address = read_address(request.META.get("REMOTE_ADDR", ""))
            if address is not None and any(address in network for network in self.trusted):
                return str(given)
        return secrets.token_hex(8)

    def _note(self, facts: logs.Facts, status: int, seconds: float) -> None:
        method = facts.request.method if facts.request.method in KNOWN_METHODS else "other"
        if self.has_metrics:
            route = facts.route
            metrics.requests.labels(route, method, str(status)).inc()
            metrics.request_seconds.labels(route, method).observe(seconds)
            metrics.database_queries.inc(facts.queries)
        is_slow = 0 < self.slow_request <= seconds
        if not (self.logs_all or is_slow or status >= 500):
            return
        level = logging.WARNING if is_slow else logging.INFO
        fields: dict[str, Any] = {
            "method": method,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "queries": facts.queries,
            "database_ms": round(facts.spent * 1000, 1),
        }
        logger.log(level, "answered slowly" if is_slow else "answered", extra={"fields": fields})


class QueryWatch:
    """Counts a request's queries, and logs those slower than `slow` seconds (0: none) without their parameters."""

    def __init__(self, facts: logs.Facts, slow: float) -> None:
        self.facts = facts
        self.slow = slow

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seconds = time.perf_counter() - began
            self.facts.queries += 1
            self.facts.spent += seconds
            if 0 < self.slow <= seconds:
                self._tell(sql, seconds)

    def _tell(self, sql: Any, seconds: float) -> None:
        metrics.slow_queries.inc()
        shown = " ".join(sql.split())[:LONGEST_SQL] if isinstance(sql, str) else "(composed)"
        query_logger.warning("slow query", extra={"fields": {"ms": round(seconds * 1000, 1), "sql": shown}})
