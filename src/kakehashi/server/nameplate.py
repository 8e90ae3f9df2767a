"""The newsroom's name for pages that may ask nobody: as it stood on the last page that this process made."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from kakehashi.stories.models import NewsroomSettings

_ATTRIBUTE: str = NewsroomSettings.get_cache_attr_name()
_last: list[str] = []


def remember(request: HttpRequest) -> None:
    """Keep the name that a page of this request was made with, if there was one; asks nobody."""
    found = getattr(request, _ATTRIBUTE, None)
    if found is not None:
        _last[:] = [found.name]


def name() -> str:
    return _last[0] if _last else settings.WAGTAIL_SITE_NAME
