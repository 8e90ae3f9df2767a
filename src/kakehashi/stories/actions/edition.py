"""The edition: one number that says whether anything an editor decides has changed."""

from __future__ import annotations

from django.db import connection

_RAISE = """
INSERT INTO stories_edition (id, version) VALUES (1, 1)
ON CONFLICT (id) DO UPDATE SET version = stories_edition.version + 1
"""
_SHOW = """
INSERT INTO stories_edition (id, version, survey) VALUES (1, 1, %s)
ON CONFLICT (id) DO UPDATE SET version = stories_edition.version + 1, survey = excluded.survey
WHERE stories_edition.survey <> excluded.survey
"""


def new_edition() -> None:
    """Raise the edition: every page kept in memory is out of date once the running transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute(_RAISE)


def show_banner_of(*, survey: int | None) -> None:
    """Say the number of the survey whose banner stands on every page from now on (None: of none), so that browsers
    which have sent it away get pages without it. A repeat changes nothing; anything else makes a new edition."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOW, [survey or 0])
