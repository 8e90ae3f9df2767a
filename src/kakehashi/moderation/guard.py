"""The door to the staff's pages. `staff_urls` are wrapped as a whole, so no view of them can forget it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _

from kakehashi.comments.viewing import go, reader_of
from kakehashi.lib.errors import NotFound
from kakehashi.readers.staff import ask_for_second_factor, lacks_second_factor, require_second_factor

StaffView = Callable[..., HttpResponse]


def also_for_editors(view: StaffView) -> StaffView:
    """Editors may come in too; what they may do there, the actions decide."""
    view.is_for_editors = True  # type: ignore[attr-defined]
    return view


def also_for_sections(view: StaffView) -> StaffView:
    """Who moderates some sections only may come in too: the view shows and does nothing outside of them. For other views
    these moderators are not there, so that a new page cannot forget them."""
    view.is_for_sections = True  # type: ignore[attr-defined]
    return view


def only_for_administrators(view: StaffView) -> StaffView:
    """For other staff the view is not there."""
    view.is_for_administrators = True  # type: ignore[attr-defined]
    return view


def guarded(patterns: Iterable[URLPattern]) -> list[URLPattern]:
    """The same addresses behind the door: the views get the request, the member of staff, and what the address names."""
    return [
        URLPattern(entry.pattern, _behind_the_door(entry.callback), entry.default_args, entry.name)
        for entry in patterns
    ]


def _behind_the_door(view: StaffView) -> StaffView:
    """For whoever may not pass there is nothing here; who has not shown the second factor that the site asks for
    is asked for it."""
    is_for_editors = getattr(view, "is_for_editors", False)
    is_for_sections = getattr(view, "is_for_sections", False)
    is_for_administrators = getattr(view, "is_for_administrators", False)

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reader = reader_of(request)
        if reader is None or not (reader.has_moderators_role or (is_for_editors and reader.has_editors_role)):
            raise NotFound(_("There is nothing here."))
        if lacks_second_factor(reader):
            if request.method != "GET":
                require_second_factor(reader)
            return go(request, ask_for_second_factor(request, reader)["Location"])
        if (reader.sections and not is_for_sections) or (is_for_administrators and not reader.is_administrator):
            raise NotFound(_("There is nothing here."))
        began = time.perf_counter()
        response = view(request, reader, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        # The staff see in their browser's tools what a page cost the server.
        response["Server-Timing"] = f"view;dur={(time.perf_counter() - began) * 1000:.1f}"
        return response

    return inner
