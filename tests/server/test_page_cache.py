"""The page cache by an injected clock: what is kept, how old it may get, and who waits for whom."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from backports import zstd

from kakehashi.server.page_bytes import OVERHEAD, Answer
from kakehashi.server.page_cache import PageCache
from kakehashi.server.page_making import Made, NotMade, NotShared
from kakehashi.server.page_request import Key
from kakehashi.server.versions import EDITION, SURVEY, Versions
from tests.server.test_page_request import Headers, Scope

pytestmark = pytest.mark.once

MEGABYTE = 1 << 20
Got = tuple[int, dict[str, str], bytes]


@dataclass
class Proto:
    """Takes down what is sent."""

    got: list[Got] = field(default_factory=list)

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.got.append((status, dict(headers), body))

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.got.append((status, dict(headers), b""))


class House:
    """A page cache with a clock that only moves when told, a database of versions, and a maker that can be held up."""

    def __init__(self, *, budget: int = MEGABYTE) -> None:
        self.now = 1000.0
        self.database = {EDITION: 1, "thread:1": 1}
        self.is_away = False
        self.text = "first"
        self.made: list[Key] = []
        self.short = 0
        self.fresh_for, self.lasts = 60.0, 3600.0
        self.tags: dict[str, int | None] = {"thread:1": 1}
        self.again: Callable[[], bytes] | None = None
        self.failure: Exception | None = None
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.versions = Versions(self.read, lambda: self.now)
        self.cache = PageCache(self.versions, self.make, self.run, budget, lambda: self.now, self.sleep)

    def read(self, threads: Sequence[int]) -> dict[str, int]:
        if self.is_away:
            raise OSError("away")
        return dict(self.database)

    def make(self, key: Key, wanted: Sequence[int], last: Made | None) -> Made:
        self.made.append(key)
        if self.is_away:
            raise NotMade(503)
        if self.failure is not None:
            raise self.failure
        if last is not None and last.again is not None:
            self.short += 1
            answer = Answer(last.again(), last.answer.common, last.answer.vary, wanted)
            return Made(answer, dict.fromkeys(last.tags), last.fresh_for, last.lasts, last.again, is_whole=False)
        body = f"{self.text} {key} ".encode() * 40
        answer = Answer(body, [("content-type", "text/html")], "Accept-Encoding, Cookie", wanted)
        return Made(answer, dict(self.tags), self.fresh_for, self.lasts, self.again)

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """What was made stands before it is waited for, as where a thread takes long to end."""
        try:
            return function(*args)
        finally:
            await self.may_go_on.wait()

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    async def ask(self, path: str = "/", *headers: tuple[str, str], method: str = "GET", query: str = "") -> Got | None:
        """The answer, or None where it is Django's to give."""
        proto = Proto()
        scope = Scope(path, query, method, headers=Headers(("Host", "news.example"), *headers))
        if self.cache.at_once(scope, proto) or await self.cache.later(scope, proto):
            (got,) = proto.got
            return got
        assert not proto.got
        return None

    async def is_being_made(self, path: str) -> None:
        """Wait until the making of the page has begun, however busy the machine is."""
        async with asyncio.timeout(30):
            while path not in self.made:
                await asyncio.sleep(0)

    async def text_of(self, path: str = "/") -> str | None:
        got = await self.ask(path)
        return got[2].decode().split()[0] if got else None


def played(scene: Callable[[House], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def test() -> None:
        async def play() -> None:
            await scene(House())

        asyncio.run(play())

    test.__name__ = scene.__name__
    return test


@played
async def test_a_page_is_made_once_and_sent_in_every_encoding(house: House) -> None:
    plain = await house.ask()
    assert plain is not None
    assert plain[1]["cache-control"].startswith("public, max-age=0, s-maxage=1, stale-while-revalidate=")
    tags = {plain[1]["etag"]}
    for name, unpack in (("gzip", gzip.decompress), ("zstd", zstd.decompress)):
        for _ in range(2):
            got = await house.ask("/", ("Accept-Encoding", name))
            assert got is not None
            assert (got[1]["content-encoding"], unpack(got[2])) == (name, plain[2])
        tags.add(got[1]["etag"])
    assert len(tags) == 3
    assert house.made == ["/"]


@played
async def test_what_the_reader_has_is_not_sent_again(house: House) -> None:
    first = await house.ask("/", ("Accept-Encoding", "gzip"))
    assert first is not None
    tag = first[1]["etag"]
    for said in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        for method in ("GET", "HEAD"):
            got = await house.ask("/", ("Accept-Encoding", "gzip"), ("If-None-Match", said), method=method)
            assert got is not None
            assert (got[0], got[2]) == (304, b"")
            assert set(got[1]) == {"etag", "cache-control", "vary"}
    other = await house.ask("/", ("If-None-Match", tag))
    assert other is not None
    assert other[0] == 200


@played
async def test_head_has_the_length_and_nothing_else(house: House) -> None:
    body = await house.ask()
    head = await house.ask(method="HEAD")
    assert body is not None
    assert head is not None
    assert head == (200, body[1] | {"content-length": str(len(body[2]))}, b"")


@played
async def test_somebody_is_never_answered_from_memory(house: House) -> None:
    await house.ask()
    for header in (("Cookie", "sessionid=x"), ("Authorization", "x"), ("HX-Request", "true")):
        assert await house.ask("/", header) is None
    assert await house.ask(method="POST") is None
    assert await house.ask(query="q=x") is None
    assert await house.ask("//") is None
    assert house.made == ["/"]


@played
async def test_a_moved_thread_makes_its_pages_old(house: House) -> None:
    await house.ask()
    await house.versions.look()
    house.now += 10
    house.text, house.database["thread:1"] = "second", 2
    await house.versions.look()
    house.tags = {"thread:1": 2}
    assert await house.text_of() == "second"
    house.now += 5
    assert await house.text_of() == "second"
    assert len(house.made) == 2


@played
async def test_while_it_is_made_others_get_the_last_bytes_for_a_moment_only(house: House) -> None:
    await house.ask()
    await house.versions.look()
    house.now += 10
    house.text, house.tags, house.database["thread:1"] = "second", {"thread:1": 2}, 2
    await house.versions.look()
    house.may_go_on.clear()
    first = asyncio.create_task(house.text_of())
    await asyncio.sleep(0)
    assert await house.text_of() == "first"
    house.now += 0.6
    late = asyncio.create_task(house.text_of())
    await asyncio.sleep(0)
    assert not late.done()
    house.may_go_on.set()
    assert (await first, await late) == ("second", "second")
    assert len(house.made) == 2


@played
async def test_a_new_edition_drops_everything_at_once(house: House) -> None:
    await house.ask("/a/")
    await house.ask("/b/")
    await house.versions.look()
    house.text, house.database[EDITION] = "second", 2
    await house.versions.look()
    assert len(house.cache.store.pages) == 0
    assert await house.text_of("/a/") == "second"


@played
async def test_what_was_made_before_the_edition_moved_is_not_kept(house: House) -> None:
    house.may_go_on.clear()
    waiting = asyncio.create_task(house.text_of())
    await house.is_being_made("/")
    house.text, house.database[EDITION] = "second", 2
    await house.versions.look()
    house.may_go_on.set()
    assert await waiting == "second"


@played
async def test_what_was_made_before_the_thread_moved_is_made_again(house: House) -> None:
    await house.ask("/other/")
    await house.versions.look()
    house.may_go_on.clear()
    waiting = asyncio.create_task(house.text_of())
    await house.is_being_made("/")
    house.text, house.database["thread:1"] = "second", 2
    await house.versions.look()
    house.may_go_on.set()
    assert await waiting == "first"
    house.now += 0.6
    house.tags = {"thread:1": 2}
    assert await house.text_of() == "second"


@played
async def test_a_version_that_the_view_did_not_tell_is_asked_for(house: House) -> None:
    house.tags = {"thread:1": None}
    await house.ask()
    house.text = "second"
    await house.versions.look()
    house.now += 2
    assert await house.text_of() == "second"
    await house.versions.look()
    house.now += 2
    await house.ask()
    assert len(house.made) == 2


@played
async def test_it_is_made_at_most_once_a_second_with_one_in_hand(house: House) -> None:
    began = house.now
    await house.ask()
    await house.versions.look()
    for version in range(2, 12):
        house.database["thread:1"], house.tags = version, {"thread:1": version}
        await house.versions.look()
        house.now += 0.6
        await house.ask()
    assert len(house.made) - 2 <= house.now - began


@played
async def test_nobody_waits_for_its_turn_while_something_moves_at_every_look(house: House) -> None:
    await house.versions.look()
    # Asked for shortly before a look, at no good moment.
    await house.ask()
    house.now += 0.1
    for version in range(2, 12):
        house.database["thread:1"], house.tags, house.text = version, {"thread:1": version}, f"version-{version}"
        await house.versions.look()
        began = house.now
        assert await house.text_of() == house.text
        assert house.now == began
        house.now += 1.0


@played
async def test_thirty_two_readers_wait_for_one_making(house: House) -> None:
    house.may_go_on.clear()
    readers = [asyncio.create_task(house.text_of()) for _ in range(32)]
    await house.is_being_made("/")
    house.may_go_on.set()
    assert await asyncio.gather(*readers) == ["first"] * 32
    assert house.made == ["/"]


@played
async def test_age_alone_makes_it_old(house: House) -> None:
    house.fresh_for = 5.0
    await house.ask()
    house.text = "second"
    house.now += 4.9
    assert await house.text_of() == "first"
    house.now += 0.2
    assert await house.text_of() == "first"
    async with asyncio.timeout(30):
        while await house.text_of() != "second":
            await asyncio.sleep(0)
    house.text = "third"
    house.now += 9
    assert await house.text_of() == "third"


@played
async def test_after_its_end_nobody_gets_it(house: House) -> None:
    """A licence that ends in seven seconds, and then the database goes away too."""
    house.lasts = 7.0
    await house.ask()
    house.now += 6.9
    assert await house.text_of() == "first"
    house.is_away = True
    house.now += 0.2
    assert await house.text_of() is None


@played
async def test_the_short_way_is_taken_until_the_whole_page_is_due(house: House) -> None:
    house.again = lambda: b"short"
    await house.ask()
    await house.versions.look()
    for version in range(2, 8):
        house.now += 9
        house.database["thread:1"] = version
        await house.versions.look()
        got = await house.ask()
        assert got is not None
        assert got[2] == b"short"
    assert house.short == 6
    house.now += 13
    assert await house.text_of() == "first"


@played
async def test_what_is_not_for_everybody_goes_to_django_at_once_for_a_while(house: House) -> None:
    house.failure = NotShared()
    for _ in range(5):
        assert await house.ask() is None
    assert house.made == ["/"]
    house.failure = None
    house.now += 61
    assert await house.text_of() == "first"


@played
async def test_while_the_database_is_away_the_last_bytes_do_for_a_minute(house: House) -> None:
    house.fresh_for = 5.0
    await house.ask()
    await house.versions.look()
    house.is_away = True
    for _ in range(59):
        house.now += 1
        await house.versions.look()
        assert await house.text_of() == "first"
    house.now += 1
    assert await house.text_of() is None
    assert len(house.made) == 1
    house.is_away, house.text = False, "second"
    await house.versions.look()
    house.now += 6
    assert await house.text_of() == "second"


@played
async def test_what_is_known_to_have_moved_is_not_shown_for_so_long(house: House) -> None:
    await house.ask()
    await house.versions.look()
    house.database["thread:1"] = 2
    await house.versions.look()
    house.is_away = True
    await house.versions.look()
    house.now += 9
    assert await house.text_of() == "first"
    house.now += 2
    assert await house.text_of() is None


@played
async def test_a_page_that_breaks_keeps_its_last_bytes_for_a_while(house: House) -> None:
    house.fresh_for = 5.0
    await house.ask()
    await house.versions.look()
    house.failure = RuntimeError("a bug")
    house.now += 6
    assert await house.text_of() == "first"
    tries = len(house.made)
    assert await house.text_of() == "first"
    assert len(house.made) == tries
    house.now += 60
    assert await house.text_of() is None


@pytest.mark.parametrize("pages", [3, 10])
def test_memory_is_bounded_and_the_longest_unasked_for_goes_first(pages: int) -> None:
    async def scene() -> None:
        budget = 8 * (OVERHEAD + 1000) * 2
        house = House(budget=budget)
        await house.ask("/kept/")
        for n in range(3 * pages):
            await house.ask(f"/{n}/")
            await house.ask("/kept/")
        store = house.cache.store
        assert "/kept/" in store.pages
        assert store.size == sum(page.size for page in store.pages.values())
        assert store.size <= budget
        assert house.made.count("/kept/") == 1
        house.text = "long" * 100_000
        assert await house.ask("/long/") is None
        assert "/kept/" in store.pages

    asyncio.run(scene())


def test_addresses_that_lead_nowhere_take_no_room() -> None:
    async def scene() -> None:
        house = House()
        await house.ask("/kept/")
        house.failure = NotShared()
        for n in range(5000):
            await house.ask(f"/{n}/")
        assert list(house.cache.store.pages) == ["/kept/"]
        assert len(house.cache._aside) <= 4096

    asyncio.run(scene())


@played
async def test_what_was_chosen_by_cookie_is_another_page(house: House) -> None:
    bodies = set()
    for cookie in ("", "kakehashi_language=ja", "theme=dark; kakehashi_language=ko", "kakehashi_language=ja; a=b"):
        for _ in range(2):
            got = await house.ask("/", *([("Cookie", cookie)] if cookie else []))
            assert got is not None
            assert got[1]["vary"] == "Accept-Encoding, Cookie"
            bodies.add(got[2])
    assert house.made == ["/", ("/", "", ("ja", "")), ("/", "", ("ko", ""))]
    assert len(bodies) == 3
    assert await house.ask("/", ("Cookie", "kakehashi_language=ja; sessionid=x")) is None
    assert await house.ask("/", ("Cookie", "kakehashi_language=ja"), ("Cookie", "sessionid=x")) is None


@played
async def test_a_flood_of_numbers_makes_one_variant(house: House) -> None:
    house.database[SURVEY] = 7
    for number in range(40):
        assert await house.ask("/", ("Cookie", f"kakehashi_survey={number}")) is not None
    assert house.made == ["/", ("/", "", ("", "7"))]
    # The next survey: what was sent away is the last one's banner.
    house.database |= {SURVEY: 8, EDITION: 2}
    await house.versions.look()
    for number in (7, 8, 7, 8, 9):
        assert await house.ask("/", ("Cookie", f"kakehashi_survey={number}")) is not None
    assert house.made[2:] == ["/", ("/", "", ("", "8"))]


@played
async def test_which_survey_is_shown_is_known_before_the_first_page(house: House) -> None:
    house.database[SURVEY] = 7
    await house.ask("/", ("Cookie", "kakehashi_survey=7"))
    assert house.made == [("/", "", ("", "7"))]
