"""`/healthz`, `/readyz` and `/metrics`, for balancers and Prometheus: answered before anything else looks at the request.

Any Host header will do, for they ask by address.
"""

from __future__ import annotations

import hmac
import json
import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse

from kakehashi.server import scrape
from kakehashi.server.jobs import FRESH, database_now, workers_alive

logger = logging.getLogger(__name__)

ALIVE, READY, METRICS = "/healthz", "/readyz", "/metrics"
OK = b"ok\n"
# A balancer asks from several places at once; one answer serves them all for so long.
KEPT_SECONDS = 1.0
# Migrations come with a restart; one made from elsewhere is noticed after so long.
MIGRATIONS_KEPT_SECONDS = 30.0


class HealthMiddleware:
    """The three addresses; everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.readiness = Readiness()
        self.token = settings.KAKEHASHI_METRICS_TOKEN.encode()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path not in (ALIVE, READY, METRICS) or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        if path == ALIVE:
            return _answer(OK, "text/plain", 200)
        if path == READY:
            problems = self.readiness.problems()
            body = {"status": "not ready" if problems else "ready", **({"problems": problems} if problems else {})}
            return _answer(json.dumps(body).encode() + b"\n", "application/json", 503 if problems else 200)
        if not self._may_read(request):
            return _answer(b"not found\n", "text/plain", 404)
        return _answer(*scrape.exposition(), 200)

    def _may_read(self, request: HttpRequest) -> bool:
        given = request.META.get("HTTP_AUTHORIZATION", "").encode("utf-8", "surrogateescape")
        scheme, _, token = given.partition(b" ")
        return bool(self.token) and hmac.compare_digest(token, self.token) and scheme.lower() == b"bearer"


class Readiness:
    """What keeps this site from serving, by name: `database`, `migrations`, `worker`; nothing if it is ready."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}
        self._looked_at: float | None = None
        self._complete_at: float | None = None
        self._shipped: frozenset[tuple[str, str]] | None = None

    def problems(self) -> dict[str, str]:
        with self._lock:
            if self._looked_at is None or self._clock() - self._looked_at >= KEPT_SECONDS:
                self._last = self._look()
                self._looked_at = self._clock()
            return self._last

    def _look(self) -> dict[str, str]:
        found: dict[str, str] = {}
        try:
            missing = self._missing_migrations()
            if missing:
                found["migrations"] = f"{missing} not applied: run `kakehashi init`"
            elif not workers_alive(database_now()):
                found["worker"] = f"no heartbeat within {FRESH.total_seconds():.0f} s: run `kakehashi worker`"
        except (DatabaseError, InterfaceError) as error:
            logger.warning("not ready, the database does not answer: %s", type(error.__cause__ or error).__name__)
            found["database"] = "does not answer"
        return found

    def _missing_migrations(self) -> int:
        """How many; asked seldom while none is missing, for what was applied stays so."""
        if self._shipped is None:
            self._shipped = frozenset(MigrationLoader(None).graph.nodes)
        if self._complete_at is not None and self._clock() - self._complete_at < MIGRATIONS_KEPT_SECONDS:
            return 0
        missing = len(self._shipped - set(MigrationRecorder(connection).applied_migrations()))
        self._complete_at = None if missing else self._clock()
        return missing


def _answer(body: bytes, content_type: str, status: int) -> HttpResponse:
    headers = {"Cache-Control": "no-store", "Content-Length": str(len(body))}
    return HttpResponse(body, status=status, content_type=content_type, headers=headers)
