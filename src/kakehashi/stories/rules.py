"""What the newsroom allows; pure."""

from __future__ import annotations

from django.urls import Resolver404, resolve

from kakehashi.readers.models import Reader

# Served before Django sees the address.
_STATIC = {"static", "media", "robots.txt", "favicon.ico"}


def can_edit_stories(reader: Reader) -> bool:
    """Write, publish, correct and retract stories."""
    return reader.is_active and reader.is_editor


def is_reserved_slug(slug: str) -> bool:
    """Whether a section of that address would be hidden behind one of the site's own pages."""
    if slug in _STATIC:
        return True
    try:
        found = resolve(f"/{slug}/")
    except Resolver404:
        return True
    return found.url_name != "wagtail_serve"
