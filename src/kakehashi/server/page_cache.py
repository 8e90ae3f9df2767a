"""The first door: pages that are the same for everybody, answered from memory as long as nothing in them has moved.

A page comes in only as Django's answer to a request of our own making (page_request.environ_of_nobody), so nothing of
anybody's request can be in it; docs/decisions/0006-page-cache.md says how old it may be. All of this runs in the event
loop's thread, but for `PageMaker`, which runs in Django's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from kakehashi.lib.choices import SURVEY_COOKIE
from kakehashi.server import metrics
from kakehashi.server.page_bytes import Variant, encoding_for
from kakehashi.server.page_making import Made, NotShared
from kakehashi.server.page_request import (
    Anybody,
    Key,
    chosen,
    cookies_of,
    is_plain_path,
    key_chosen,
    key_of,
)
from kakehashi.server.page_store import PACE, Page, PageStore
from kakehashi.server.versions import EDITION, Versions

logger = logging.getLogger(__name__)

# How long old pages are shown while the database is away: one of which nothing has moved, since the last look; one of
# which something has, since that was seen.
OUTAGE = 60.0
OUTAGE_MOVED = 10.0
# How long an address that is not for everybody goes straight to Django, and one that broke; how many are remembered.
NOT_SHARED_SECONDS = 60.0
BROKEN_SECONDS = 5.0
MOST_ASIDE = 4096
# A page larger than this part of the memory is not kept.
LARGEST_PART = 8
# So often a request looks whether the page has become good, then Django answers it.
ROUNDS = 3

# (name, encodings to pack at once, the last one where its short way will do) -> page; called in a thread.
Make = Callable[[Key, Sequence[int], Made | None], Made]
Run = Callable[..., Awaitable[Any]]

_SAFE = frozenset({"GET", "HEAD"})
_HIT, _UNCHANGED, _MADE, _HELD, _PASSED = "hit", "unchanged", "made", "held", "passed"


class PageCache:
    """The pages of one process. `run(function, *args)` calls it in a thread that may use the database."""

    def __init__(
        self,
        versions: Versions,
        make: Make,
        run: Run,
        budget: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        saw: Callable[[int, Any], None] = lambda _story, _scope: None,
    ) -> None:
        """`budget` in bytes. `saw(story, scope)` is called for each request that shows a story."""
        self.store = PageStore(versions, budget)
        self.counts = dict.fromkeys((_HIT, _UNCHANGED, _MADE, _HELD, _PASSED), 0)
        self.hits = 0
        # The same, for looking up what may be no name at all.
        self._pages = cast("OrderedDict[Key | None, Page]", self.store.pages)
        self._anybody = Anybody()
        self._versions = versions
        self._make = make
        self._run = run
        self._largest = budget // LARGEST_PART
        self._clock = clock
        self._sleep = sleep
        self._saw = saw
        self._making: dict[Key, asyncio.Task[Page | None]] = {}
        self._aside: OrderedDict[Key, float] = OrderedDict()
        versions.subscribe(self._look_at)

    # Answering

    def at_once(self, scope: Any, proto: Any) -> bool:
        """Answer from memory; False where that cannot be done without waiting. Every call in here counts."""
        query = scope.query_string
        headers = scope.headers
        key = key_of(scope.path, query) if query else scope.path
        cookies = None
        if headers.get("cookie") is not None:
            cookies = cookies_of(headers)
            key = key_chosen(key, chosen(cookies, self._versions.survey))
        page = self._pages.get(key)
        if page is None or self._clock() >= page.good_until or not self._anybody.sent(scope, headers, cookies):
            return False
        variant = page.made.answer.variants[encoding_for(headers.get("accept-encoding") or "")]
        method = scope.method
        if variant is None or method not in _SAFE:
            return False
        self._pages.move_to_end(key)
        self._send(variant, proto, method, headers.get("if-none-match"))
        if page.story is not None and method == "GET":
            self._saw(page.story, scope)
        return True

    def _send(self, variant: Variant, proto: Any, method: str, if_none_match: str | None) -> None:
        if if_none_match is not None and variant.is_known(if_none_match):
            self.counts[_UNCHANGED] += 1
            proto.response_empty(304, variant.unchanged)
            return
        self.hits += 1
        if method == "GET":
            proto.response_bytes(200, variant.headers, variant.body)
        else:
            proto.response_empty(200, variant.head)

    async def later(self, scope: Any, proto: Any) -> bool:
        """Answer once the page is made; False where Django has to answer this very request."""
        key = await self._name_of(scope)
        page = await self._good_page(key) if key is not None else None
        if page is None:
            self.counts[_PASSED] += 1
            return False
        headers = scope.headers
        variant = await self._variant(page, encoding_for(headers.get("accept-encoding") or ""))
        self._send(variant, proto, scope.method, headers.get("if-none-match"))
        if page.story is not None and scope.method == "GET":
            self._saw(page.story, scope)
        return True

    async def _name_of(self, scope: Any) -> Key | None:
        """The page that is asked for; None where the request is not for one that everybody gets."""
        if scope.method not in _SAFE or not is_plain_path(scope.path):
            return None
        key = key_of(scope.path, scope.query_string)
        cookies = cookies_of(scope.headers) if scope.headers.get("cookie") is not None else None
        if key is None or not self._anybody.sent(scope, scope.headers, cookies):
            return None
        if cookies is not None:
            if SURVEY_COOKIE in cookies and EDITION not in self._versions.known:
                await self._look()
            key = key_chosen(key, chosen(cookies, self._versions.survey))
        return key if key is not None and self._aside.get(key, 0.0) <= self._clock() else None

    async def _look(self) -> None:
        """While no page is kept nobody asks which survey's banner is shown."""
        self._versions.watch(EDITION)
        try:
            await self._versions.look()
        finally:
            self._versions.forget(EDITION)

    async def _variant(self, page: Page, encoding: int) -> Variant:
        answer = page.made.answer
        found = answer.variants[encoding]
        if found is None:
            before = page.size
            found = await self._run(answer.make, encoding)
            if self._pages.get(page.key) is page:
                self.store.size += page.size - before
                self.store.make_room()
        return found

    async def _good_page(self, key: Key) -> Page | None:
        for _ in range(ROUNDS):
            page = await self._next_page(key)
            if page is None or self._clock() < page.good_until:
                return page
        return None

    async def _next_page(self, key: Key) -> Page | None:
        """The page as it stands, if that is good enough; else the one being made, which may be old again by now."""
        now = self._clock()
        page = self._pages.get(key)
        if page is not None and now < page.good_until:
            return page
        making = self._making.get(key)
        if making is None:
            if self._versions.is_away:
                return page if page is not None and self._hold_over(page, now) else None
            making = self._start(key, page)
            if page is not None and now < page.good_until and (not page.has_moved or now < page.turn):
                # It is only its age, or the making has to wait for its turn: this reader does not.
                return page
        return await asyncio.shield(making)

    # Making

    def _start(self, key: Key, last: Page | None) -> asyncio.Task[Page | None]:
        if last is not None:
            last.grow_old(last.fresh_until, has_moved=False, is_renewed=True)
        making = self._making[key] = asyncio.create_task(self._renew(key, last))
        return making

    async def _renew(self, key: Key, last: Page | None) -> Page | None:
        """The new page, or the last where no new one can be had and it may still do; None: Django must answer."""
        self._versions.watch(EDITION)
        try:
            if last is not None:
                await self._sleep(max(0.0, last.turn - self._clock()))
            if EDITION not in self._versions.known:
                await self._versions.look()
                if EDITION not in self._versions.known:
                    return None
            return self._keep(await self._made(key, last))
        except NotShared:
            self._put_aside(key, NOT_SHARED_SECONDS)
            return None
        except Exception as error:
            return self._do_without(key, last, error)
        finally:
            self._versions.forget(EDITION)
            del self._making[key]

    async def _made(self, key: Key, last: Page | None) -> Page:
        begun_at, known = self._clock(), dict(self._versions.known)
        wanted = last.made.answer.wanted if last is not None else ()
        is_short = last is not None and begun_at < last.whole_until and known[EDITION] == last.edition
        made = await self._run(self._make, key, wanted, last.made if last is not None and is_short else None)
        self.counts[_MADE] += 1
        return Page(key, made, begun_at, known, last)

    def _keep(self, page: Page) -> Page | None:
        """Take it in, unless it was overtaken by a new edition or is too large."""
        known, now = self._versions.known, self._clock()
        if page.edition < known.get(EDITION, page.edition):
            page.grow_old(now, has_moved=True, is_renewed=False)
            return page
        if page.size > self._largest:
            self._put_aside(page.key, NOT_SHARED_SECONDS)
            return None
        if any(tag in known and page.is_behind(tag, known[tag]) for tag in page.versions):
            # Fresh enough for those who have waited; the next one asks for another.
            page.grow_old(now, has_moved=True, is_renewed=True)
        self.store.put(page)
        return page

    def _do_without(self, key: Key, last: Page | None, error: Exception) -> Page | None:
        logger.warning("the page %s could not be made: %s", key, error or type(error).__name__)
        if last is not None and self._pages.get(key) is last and self._hold_over(last, self._clock()):
            return last
        self._put_aside(key, BROKEN_SECONDS)
        return None

    def _hold_over(self, page: Page, now: float) -> bool:
        """Whether the old page may be shown for another moment, because a new one cannot be had."""
        old_at = page.fresh_until if page.old_at is None else page.old_at
        looked_at = self._versions.checked_at or page.begun_at
        limit = old_at + OUTAGE_MOVED if page.has_moved else min(old_at, looked_at) + OUTAGE
        until = min(limit, page.ends_at)
        page.good_until = min(now + PACE, until)
        self.counts[_HELD] += now < until
        return now < until

    def _put_aside(self, key: Key, seconds: float) -> None:
        self.store.drop(key)
        self._aside[key] = self._clock() + seconds
        self._aside.move_to_end(key)
        while len(self._aside) > MOST_ASIDE:
            self._aside.popitem(last=False)

    # Once a second

    def _look_at(self, moved: Mapping[str, int]) -> None:
        if EDITION in moved:
            self.store.drop_before(moved[EDITION])
        now = self._clock()
        for page in self.store.behind(moved):
            page.grow_old(now, has_moved=True, is_renewed=page.key in self._making)

    def report(self) -> None:
        """Hand what was counted to Prometheus."""
        self.counts[_HIT], self.hits = self.counts[_HIT] + self.hits, 0
        for result, count in self.counts.items():
            if count:
                metrics.page_cache_answers.labels(result).inc(count)
                self.counts[result] = 0
        if self.store.evicted:
            metrics.page_cache_evictions.inc(self.store.evicted)
            self.store.evicted = 0
        metrics.page_cache_bytes.set(self.store.size)
        metrics.page_cache_pages.set(len(self._pages))
