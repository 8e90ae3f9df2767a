"""What of Wagtail's would pass our actions by is closed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from wagtail import hooks

from kakehashi.readers.models import Reader


@hooks.register("before_bulk_action")
def no_bulk_actions_on_readers(request: HttpRequest, action_type: str, objects: Any, action: Any) -> None:
    """Bulk deletion, activation and group changes would skip rules, names and departures."""
    if action.model is Reader:
        raise Http404
