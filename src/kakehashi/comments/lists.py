"""Front and section pages for members: rendered once for all of a kind, filled with what is one reader's own.

Readers without an account get these pages from the page cache, for as long (`pages.SOON`): the numbers of comments in them
move unannounced. What an editor does shows at once.
"""

from __future__ import annotations

from datetime import datetime
from threading import RLock
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import get_language

from kakehashi.comments import articles, queries
from kakehashi.comments.frames import Frame, hole
from kakehashi.comments.orders import page_number
from kakehashi.comments.scenes import Kind
from kakehashi.comments.viewing import reader_of
from kakehashi.lib.choices import choices_of
from kakehashi.lib.memo import Memo
from kakehashi.lib.pages import SOON
from kakehashi.readers.models import Reader
from kakehashi.stories.models import FrontPage, SectionPage

MOST_KEPT = 300

# Path, number of the page as it was asked for, kind of reader.
Key = tuple[str, str, Kind]


class Kept(NamedTuple):
    frame: Frame
    edition: int
    until: datetime


class Passer(NamedTuple):
    """A member who looks at a list."""

    reader: Reader


_kept: Memo[Key, Kept] = Memo(MOST_KEPT)
# The survey whose banner stands on the pages, as of the last look. Another one comes with another edition, so what is found
# by an old number does not hold.
_shown = 0
# While one thread renders, those that need the same wait for it instead of rendering it too.
_making = RLock()


def serve_known(request: HttpRequest) -> HttpResponse | None:
    """The list at this address; None where Wagtail must look."""
    reader = reader_of(request)
    key = _key(request, reader)
    found = _kept.get(key) if key is not None else None
    if reader is None or found is None or not _holds(found, queries.edition()[0], timezone.now()):
        return None
    return _filled(request, reader, found)


def serve_found(page: FrontPage | SectionPage, request: HttpRequest) -> HttpResponse | None:
    """The list that Wagtail found, for a member; remember it where everybody may read it. None where it is not for this
    module to answer. Raises Http404 past the last page."""
    global _shown
    reader = reader_of(request)
    if reader is None or _key(request, reader) is None or page.get_view_restrictions().exists():
        return None
    with _making:
        (edition, _shown), now = queries.edition(), timezone.now()
        key = _key(request, reader)
        assert key is not None
        found = _kept.get(key)
        if found is None or not _holds(found, edition, now):
            found = Kept(_rendered(page, key, edition), edition, now + SOON)
            if request.path == page.get_absolute_url():
                _kept.put(key, found)
    return _filled(request, reader, found)


def _key(request: HttpRequest, reader: Reader | None) -> Key | None:
    """None for who is not logged in, is about to leave, has messages waiting, or asks for more than a page by its number."""
    number = request.GET.get("page", "")
    if (
        reader is None
        or reader.leaves_at is not None
        or request.method not in {"GET", "HEAD"}
        or len(request.GET) > bool(number)
        or (number and str(page_number(number)) != number)
        or len(messages.get_messages(request))
    ):
        return None
    survey = choices_of(request.COOKIES, _shown).survey
    return request.path, number, Kind.of(reader, get_language() or "", survey)


def _holds(found: Kept, edition: int, now: datetime) -> bool:
    return found.edition == edition and now < found.until


def _rendered(page: FrontPage | SectionPage, key: Key, edition: int) -> Frame:
    path, number, kind = key
    request = kind.request(path)
    if number:
        request.META["QUERY_STRING"] = f"page={number}"
        request.GET = QueryDict(f"page={number}")
    context = page.get_context(request) | {"csrf_token": hole("csrf_token"), "edition": edition}
    return Frame(render_to_string(page.get_template(request), context))


def _filled(request: HttpRequest, reader: Reader, found: Kept) -> HttpResponse:
    values = {name: fill(Passer(reader)) for name, fill in found.frame.later.items()} | {
        "name": escape(reader.name).encode(),
        "own_page": articles.member_url(reader.name).encode(),
        "csrf_token": get_token(request).encode(),
    }
    return HttpResponse(found.frame.filled(values))


def shared_texts() -> list[bytes]:
    """Whatever is kept here for more than one reader."""
    return [kept.frame.text for kept in _kept.values()]


def forget() -> None:
    """Begin anew, as after a start."""
    _kept.clear()
