"""The edition: one number that says whether anything an editor decides has changed."""

from __future__ import annotations

from django.db import connection

_RAISE = """
INSERT INTO stories_edition (id, version) VALUES (1, 1)
ON CONFLICT (id) DO UPDATE SET version = stories_edition.version + 1
"""


def new_edition() -> None:
    """Raise the edition: every page kept in memory is out of date once the running transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute(_RAISE)
