"""How long a server process waits for the database. Commands and the worker wait as long as it takes."""

from __future__ import annotations

from django.conf import settings
from django.db import connections


def lose_patience() -> None:
    """To be called in a server process before its first connection: bound every wait by KAKEHASHI_DATABASE_TIMEOUT.

    PostgreSQL: each statement; a lock three fifths of that; an idle transaction, which a process that stands still
    leaves behind, twice that; and a second later we hang up ourselves. SQLite: the wait for the one who writes.
    """
    database = connections.settings["default"]
    options = database.setdefault("OPTIONS", {})
    seconds: int = settings.KAKEHASHI_DATABASE_TIMEOUT
    if database["ENGINE"].endswith("sqlite3"):
        options["timeout"] = seconds
        return
    bounds = {
        "statement_timeout": seconds * 1000,
        "lock_timeout": seconds * 600,
        "idle_in_transaction_session_timeout": seconds * 2000,
    }
    said = " ".join(f"-c {name}={milliseconds}" for name, milliseconds in bounds.items())
    options["options"] = f"{said} {options.get('options', '')}".strip()
    options["patience"] = seconds + 1
