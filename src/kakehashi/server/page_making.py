"""Making a page to keep: Django asked by us, in one of its threads, and the answer looked at before it may come in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.db import close_old_connections
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import override

from kakehashi.lib import pages
from kakehashi.server.django_door import Handler, headers_of
from kakehashi.server.page_bytes import Answer, kept_headers, pack_well
from kakehashi.server.page_request import Key, environ_of_nobody, parts_of

logger = logging.getLogger(__name__)

# A form's token belongs to one reader; text from people never holds these bytes, for it is escaped.
TOKEN = b'name="csrfmiddlewaretoken"'


# Of a static file kept in memory: bytes, and seconds.
LARGEST_FILE = 1 << 20
IMMUTABLE = 24 * 3600.0


class NotShared(Exception):
    """The answer is not the same for everybody, or no page at all."""


class NotMade(Exception):
    """Django answered with an error of its own; `status` 500 to 599."""


@dataclass(frozen=True)
class Made:
    """A page as Django answered. Seconds count from the beginning of its making; `is_whole` False: only its body is
    new. `tags`: tag -> version shown, None where the view did not say. `story`: the one that it shows, whose views count."""

    answer: Answer
    tags: Mapping[str, int | None]
    fresh_for: float
    lasts: float
    again: Callable[[], bytes] | None
    is_whole: bool = True
    story: int | None = None


class PageMaker:
    """Called in a thread that may use the database."""

    def __init__(self, handler: Handler, now: Callable[[], datetime] = timezone.now) -> None:
        self._handler = handler
        self._now = now

    def make(self, key: Key, wanted: Sequence[int], last: Made | None) -> Made:
        """The page at `key`, packed as `wanted`; with `last` in the cheaper way that it knows.

        Raises NotShared, NotMade.
        """
        if last is not None and last.again is not None:
            with override(parts_of(key)[2].language or settings.LANGUAGE_CODE):
                made = self._again(last, wanted)
            if made is not None:
                return made
        return self._whole(key, wanted)

    def _again(self, last: Made, wanted: Sequence[int]) -> Made | None:
        assert last.again is not None
        close_old_connections()
        try:
            body = last.again()
        except Exception as error:
            # The story may be gone by now, or the database; the whole page tells which.
            logger.info("a page could not be made in the short way: %s", error)
            return None
        finally:
            close_old_connections()
        answer = Answer(body, last.answer.common, last.answer.vary, wanted)
        return replace(last, answer=answer, tags=dict.fromkeys(last.tags), is_whole=False)

    def _whole(self, key: Key, wanted: Sequence[int]) -> Made:
        midnight = seconds_to_midnight(self._now())
        response = self._handler.respond(environ_of_nobody(*parts_of(key)))
        try:
            return _made(response, key, wanted, midnight)
        finally:
            response.close()


def _made(response: HttpResponseBase, key: Key, wanted: Sequence[int], midnight: float) -> Made:
    if response.status_code >= 500:
        raise NotMade(response.status_code)
    if isinstance(response, FileResponse):
        return _made_of_file(response, wanted)
    said = pages.shared(response)
    if said is None or response.status_code != 200 or not isinstance(response, HttpResponse):
        raise NotShared
    body = response.content
    try:
        common, vary = kept_headers(headers_of(response))
        if TOKEN in body:
            raise ValueError("there is a form's token in it")
    except ValueError as error:
        logger.error("the page %s says that it is for everybody, but %s", key, error)
        raise NotShared from error
    # Every page prints the day.
    ends = min(midnight, said.lasts.total_seconds()) if said.lasts < pages.LONGEST else midnight
    return Made(
        answer=Answer(body, common, vary, wanted),
        tags=said.tags,
        fresh_for=said.fresh_for.total_seconds(),
        lasts=ends,
        again=said.again,
        story=pages.story_shown(response),
    )


def _made_of_file(response: FileResponse, wanted: Sequence[int]) -> Made:
    """A static file, whose name changes with its contents, for good: without a reader's cookies in `Vary`."""
    control = response.headers.get("Cache-Control", "")
    length = int(response.headers.get("Content-Length", LARGEST_FILE + 1))
    if response.status_code != 200 or "immutable" not in control or length > LARGEST_FILE:
        raise NotShared
    body = b"".join(cast("Iterable[bytes]", response.streaming_content))
    headers = [(name, value) for name, value in headers_of(response) if name != "cache-control"]
    common, _ = kept_headers(headers)
    answer = Answer(body, common, "Accept-Encoding", wanted, control, pack_well)
    return Made(answer, {}, fresh_for=IMMUTABLE, lasts=IMMUTABLE, again=None)


def seconds_to_midnight(now: datetime) -> float:
    """Until the next day begins in the site's time zone."""
    local = timezone.localtime(now)
    tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    # In the zone's own time one would count an hour too many or too few on two days of the year.
    return tomorrow.timestamp() - local.timestamp()
