"""Statements that run with nearly every request: PostgreSQL takes longer to plan one of them than to run it."""

from __future__ import annotations

from django.db import connection
from django.db.backends.utils import CursorWrapper


def cursor() -> CursorWrapper:
    """A cursor for SQL whose text is the same every time: on PostgreSQL it is planned once by each connection."""
    make = getattr(connection, "prepared_cursor", connection.cursor)
    found: CursorWrapper = make()
    return found
