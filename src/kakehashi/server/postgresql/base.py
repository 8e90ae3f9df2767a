"""PostgreSQL for server threads: one lasting connection a thread, checked without a round trip, never waited for in vain.

Why no pool of connections: the pool of threads is one already, so there are never more connections than threads, and
a lasting connection costs a request nothing, where a pool hands over two locks and a round trip. See docs/decisions.
"""

from __future__ import annotations

import select
import threading
import time
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.pq import ConnStatus

T = TypeVar("T")
# A connection that takes so long to fail has waited for a machine that does not answer.
LONG_TO_CONNECT_SECONDS = 0.5
NEXT_TRY_SECONDS = 1.0
# A statement is prepared when it comes for the second time.
PREPARED_FROM = 1


class Absence:
    """While the server does not answer, one thread a second tries to reach it and all others fail at once.

    Otherwise every thread would wait its full patience for nothing, and readers would queue behind them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_try: float | None = None

    def may_try(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if self._next_try is not None and now < self._next_try:
                return False
            if self._next_try is not None:
                self._next_try = now + 5 * NEXT_TRY_SECONDS
            return True

    def begin(self) -> None:
        with self._lock:
            self._next_try = time.monotonic() + NEXT_TRY_SECONDS

    def end(self) -> None:
        with self._lock:
            self._next_try = None


absence = Absence()


class Connection(psycopg.Connection[Any]):
    """Waits `patience` seconds (None: for ever) for each answer, then closes itself and raises OperationalError.

    The server's own statement_timeout comes first; this is for a server that stands still or a network that swallows.
    """

    patience: float | None = None

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except errors._WaitTimeout as error:
            if timeout is not None:
                raise
            self.pgconn.finish()
            absence.begin()
            raise psycopg.OperationalError(f"the server did not answer within {self.patience:.0f} s") from error


class DatabaseWrapper(base.DatabaseWrapper):
    """OPTIONS may hold `patience`, seconds; see `Connection`."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params.pop("patience", None)
        # For `prepared_cursor` alone: Django's own cursors put values into the text and never prepare it.
        params["prepare_threshold"] = PREPARED_FROM
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        if not absence.may_try():
            raise psycopg.OperationalError("the server did not answer a moment ago")
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        began = time.monotonic()
        try:
            connection = Connection.connect(**conn_params)
        except psycopg.OperationalError:
            if time.monotonic() - began > LONG_TO_CONNECT_SECONDS:
                absence.begin()
            raise
        absence.end()
        patience = self.settings_dict["OPTIONS"].get("patience")
        connection.patience = float(patience) if patience else None
        return connection

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor whose statements are planned once for this connection; their text must be the same every time.

        While queries are captured it is Django's own, which says what it executed.
        """
        if self.queries_logged:
            return self.cursor()
        self.close_if_health_check_failed()
        self.ensure_connection()
        self.validate_thread_sharing()
        with self.wrap_database_errors:
            return CursorWrapper(psycopg.Cursor(self.connection), self)

    def is_usable(self) -> bool:
        """Asked at each request's start. An idle connection has nothing to say: what can be read is a farewell."""
        if self.connection is None or self.connection.closed:
            return False
        pgconn = self.connection.pgconn
        if pgconn.status != ConnStatus.OK:
            return False
        if not self.errors_occurred and not _has_something_to_read(pgconn.socket):
            return True
        usable: bool = super().is_usable()
        return usable


def _has_something_to_read(socket: int) -> bool:
    # poll and not select: the number of a socket may be above select's 1,024.
    watch = select.poll()
    watch.register(socket, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(watch.poll(0))
