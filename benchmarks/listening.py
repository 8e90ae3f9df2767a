"""Rows of the live door: thousands of readers with a thread open, and a change that must reach all of them."""

from __future__ import annotations

import asyncio
import http.client
import resource
import statistics
import time
from dataclasses import dataclass, field

from benchmarks import places
from benchmarks.bench import TOKEN, Bench
from benchmarks.reading import _votable
from benchmarks.report import Goal, size

AT_ONCE = 100
# One address may hold only so many; a whole 127.0.0.0/8 is this machine.
PER_ADDRESS = 8
IDLE_SECONDS = 30
ARRIVAL_SECONDS = 20


@dataclass
class Crowd:
    """Open connections. `arrived` are the times at which an event came, one for each listener, since `changed_at`."""

    open: int = 0
    lost: int = 0
    status: str = ""
    changed_at: float = 0.0
    arrived: list[float] = field(default_factory=list)


class Listener(asyncio.Protocol):
    """Sends one request and notes the first event after the change."""

    def __init__(self, request: bytes, crowd: Crowd) -> None:
        self.request, self.crowd = request, crowd
        self.has_begun = self.has_arrived = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        crowd = self.crowd
        if not self.has_begun:
            self.has_begun = True
            crowd.status = data.partition(b"\r\n")[0].decode()
            crowd.open += b" 200 " in data[:20]
        elif crowd.changed_at and not self.has_arrived and b"data:" in data:
            self.has_arrived = True
            crowd.arrived.append(time.monotonic() - crowd.changed_at)

    def connection_lost(self, _error: Exception | None) -> None:
        self.crowd.lost += 1


def allow_files(number: int) -> int:
    """Raise this process's limit of open files, and so that of what it starts; how many there may be."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number + 1000 if hard == resource.RLIM_INFINITY else min(hard, number + 1000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, _soft), hard))
    return max(wanted, _soft) - 1000


def live(bench: Bench) -> None:
    story, path, _ = bench.site.story(200)
    bench.site.get(path)
    asyncio.run(_live(bench, story))


async def _live(bench: Bench, story: int) -> None:
    host, _, port = bench.site.address.removeprefix("http://").partition(":")
    request = f"GET /live/{story}/ HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/event-stream\r\n\r\n".encode()
    number = min(bench.listeners, allow_files(bench.listeners))
    crowd, loop, worker = Crowd(), asyncio.get_running_loop(), bench.site.worker
    before = places.memory(worker)["Rss"]
    transports = []
    for first in range(0, number, AT_ONCE):
        batch = range(first, min(number, first + AT_ONCE))
        made = [
            loop.create_connection(lambda: Listener(request, crowd), host, int(port), local_addr=(_address(n), 0))
            for n in batch
        ]
        transports += [transport for transport, _ in await asyncio.gather(*made)]
        if not await _until(lambda first=first: crowd.open > first or crowd.lost > 0, 10) or crowd.lost:
            break
    await _until(lambda: crowd.open + crowd.lost >= len(transports), 30)
    name = f"listeners on one process, {number:,} asked for"
    bench.report.add(
        name, f"{crowd.open - crowd.lost:,} open", goal=Goal("all", least=number), value=crowd.open - crowd.lost
    )
    if crowd.open:
        await _idle(bench, crowd, worker, before)
        await _change(bench, crowd, story)
    else:
        bench.report.note(f"the live door answered: {crowd.status or 'nothing'}")
    for transport in transports:
        transport.abort()


def _address(n: int) -> str:
    place = n // PER_ADDRESS
    return f"127.1.{place // 250}.{place % 250 + 1}"


async def _until(is_so: object, seconds: float) -> bool:
    assert callable(is_so)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        await asyncio.sleep(0.02)
    return bool(is_so())


async def _idle(bench: Bench, crowd: Crowd, worker: int, before: int) -> None:
    each = (places.memory(worker)["Rss"] - before) / crowd.open
    bench.report.add("memory of each", size(each))
    seconds = min(IDLE_SECONDS, 10 * bench.seconds)
    begin = places.cpu_seconds(worker)
    await asyncio.sleep(seconds)
    used = (places.cpu_seconds(worker) - begin) / seconds
    bench.report.add(f"processor while they wait ({seconds:.0f} s)", f"{used:.1%} of a core")


async def _change(bench: Bench, crowd: Crowd, story: int) -> None:
    """A vote; everybody listening is told."""
    member = bench.another_member()
    comment = _votable(bench, story, member)
    await asyncio.to_thread(_vote, bench, comment, bench.site.cookie(member, TOKEN))
    crowd.changed_at = time.monotonic()
    await _until(lambda: len(crowd.arrived) >= crowd.open - crowd.lost, ARRIVAL_SECONDS)
    told = sorted(crowd.arrived)
    bench.report.add("told of a change", f"{len(told):,}", goal=Goal("all", least=crowd.open), value=len(told))
    if told:
        last = told[-1]
        said = f"median {statistics.median(told):.2f} s"
        bench.report.add(
            "    until the last is told", f"{last:.2f} s", ratio=said, goal=Goal("≤ 2 s", most=2), value=last
        )


def _vote(bench: Bench, comment: int, cookie: str) -> None:
    connection = http.client.HTTPConnection(bench.site.address.removeprefix("http://"), timeout=30)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "Origin": bench.site.address}
    connection.request("POST", f"/comment/{comment}/vote/", f"value=1&csrfmiddlewaretoken={TOKEN}", headers)
    status = connection.getresponse().status
    connection.close()
    if status >= 400:
        raise RuntimeError(f"the vote was answered {status}")
