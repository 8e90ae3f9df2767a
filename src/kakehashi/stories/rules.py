"""What the newsroom allows; pure."""

from __future__ import annotations

from django.urls import Resolver404, resolve

from kakehashi.readers.models import Reader

# Served before Django sees the address.
_STATIC = {"static", "media", "live", "robots.txt", "favicon.ico"}


def can_edit_stories(reader: Reader) -> bool:
    """Write, publish, correct and retract stories."""
    return reader.is_active and reader.is_editor


def can_set_hours(reader: Reader) -> bool:
    """Say when the team reads the discussion, and what holds while nobody does."""
    return reader.is_active and (reader.is_editor or reader.moderates_everywhere)


def can_delete_published(reader: Reader) -> bool:
    """Delete what readers have discussed. Everybody else takes it off the site instead, which keeps the discussion."""
    return reader.is_active and reader.is_superuser


def is_reserved_slug(slug: str) -> bool:
    """Whether a section of that address, or its stories, would be hidden behind the site's own pages."""
    return slug in _STATIC or not all(_is_wagtails(f"/{slug}/{below}") for below in ("", "a-story/", "1/"))


def _is_wagtails(path: str) -> bool:
    try:
        return resolve(path).url_name == "wagtail_serve"
    except Resolver404:
        return False
