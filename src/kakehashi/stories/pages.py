"""The contexts of the page templates, and the few answers that are not the page itself."""

from __future__ import annotations

from typing import Any

from django.core.paginator import EmptyPage
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from kakehashi.stories import queries
from kakehashi.stories.models import FrontPage, SectionPage, StoryPage

PER_PAGE = 20


def front_context(page: FrontPage, request: HttpRequest) -> dict[str, Any]:
    """`lead`, `secondary`, `bands` (section, stories), `running` (with chapter_count, first_year,
    last_year)."""
    front = queries.front_page()
    return {
        "lead": front.lead,
        "secondary": front.secondary,
        "bands": front.bands,
        "running": front.running,
    }


def page_number(request: HttpRequest) -> int | None:
    """The page asked for, from 1; None for what is no page number at all."""
    asked = request.GET.get("page", "1")
    if not (asked.isascii() and asked.isdecimal()):
        return None
    return int(asked[:10]) or None


def first_page_instead(page: SectionPage, request: HttpRequest) -> HttpResponse | None:
    """A redirect to the section itself where the address names no page number (`abc`, 0, −1)."""
    if page_number(request) is None and not getattr(request, "is_preview", False):
        return HttpResponseRedirect(page.get_absolute_url())
    return None


def section_context(page: SectionPage, request: HttpRequest) -> dict[str, Any]:
    """`stories`: one page of the section's stories, latest first. Raises Http404 past the last page."""
    try:
        listed = queries.all_in(page, per_page=PER_PAGE).page(page_number(request) or 1)
    except EmptyPage as error:
        raise Http404 from error
    queries.attach_sections(listed.object_list, [page])
    return {"stories": listed}


def story_context(page: StoryPage, request: HttpRequest) -> dict[str, Any]:
    """`section`, `is_expired`, `body` (blocks; none when expired), `credit`, `corrections`, `chapters` (the running
    story around this one, oldest first)."""
    now = timezone.now()
    if page.published_at is None:
        # Only in the preview of a draft: it would be published now.
        page.published_at = now
    prefetch_related_objects([page], "agency", "running_story", "lead_image__renditions")
    is_expired = page.is_body_expired(now)
    return {
        "section": page.section if page.path else None,
        "is_expired": is_expired,
        "body": [] if is_expired else page.body,
        "credit": page.credit,
        "corrections": page.correction_notes,
        "chapters": queries.chapters_around(page),
    }
