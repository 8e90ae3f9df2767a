"""Who listens to which discussion, and what they are told: in the event loop, with a thread for the database."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import random
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from kakehashi.comments import changes
from kakehashi.comments.changes import Changes, Place
from kakehashi.server.versions import EDITION, Versions, thread_tag

logger = logging.getLogger(__name__)

T = TypeVar("T")

# How long a browser waits before it comes again; after a restart not all at once.
RETRY_MS = 3000
RETRY_SPREAD_MS = 5000
# A stream ends after so many bytes and the browser opens another: for somebody who does not read they pile up here.
MOST_BYTES = 1 << 16
# Written to at a stretch, before other requests get their turn.
STRETCH = 500
# Versions with which readers came back, kept until the next change.
MOST_MISSED = 200


class Transport(Protocol):
    """What granian gives for a streamed answer: it sends without waiting, and the answer ends when it is let go."""

    def send_bytes(self, data: bytes) -> Any: ...


class Listener:
    """One open stream; `transport` is None once it has ended on our side. `is_late`: and was found still open."""

    __slots__ = ("client", "is_late", "sent", "transport")

    def __init__(self, client: str, transport: Transport) -> None:
        self.client = client
        self.transport: Transport | None = transport
        self.sent = 0
        self.is_late = False

    def send(self, data: bytes) -> None:
        if self.transport is None:
            return
        self.transport.send_bytes(data)
        self.sent += len(data)
        if self.sent > MOST_BYTES:
            self.end()

    def end(self) -> None:
        """The browser comes again after a while of its own."""
        if self.transport is not None:
            self.transport.send_bytes(retry(RETRY_MS + random.randrange(RETRY_SPREAD_MS)))  # noqa: S311
            self.transport = None


class Room:
    """An open discussion and its listeners, by the version that they know. `entering`: readers about to listen."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.version = place.version
        self.groups: dict[int, set[Listener]] = {}
        self.entering = 0
        self.is_behind = self.is_moving = False
        self.missed: dict[int, asyncio.Future[Changes | None]] = {}

    @property
    def tag(self) -> str:
        return thread_tag(self.place.thread_id)

    @property
    def is_empty(self) -> bool:
        return not self.entering and not any(self.groups.values())

    def leave(self, listener: Listener) -> None:
        for group in self.groups.values():
            group.discard(listener)


class Rooms:
    """All discussions with listeners. `versions` says when one moves; it is looked at once a second by the site."""

    def __init__(self, versions: Versions) -> None:
        self.versions = versions
        self.by_story: dict[int, Room] = {}
        self._by_tag: dict[str, Room] = {}
        self._opening: dict[int, asyncio.Future[Room | None]] = {}
        self._tasks: set[asyncio.Future[Any]] = set()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="live")
        versions.subscribe(self._moved)

    async def enter(self, story_id: int) -> Room | None:
        """The discussion of that story, for a reader who will `sit` or `leave`; None where it is not open.

        One look at the database for all who come at once, none where somebody listens already. Raises DatabaseError.
        """
        room = self.by_story.get(story_id)
        if room is None:
            if story_id not in self._opening:
                self._opening[story_id] = self._start(self._open(story_id))
            room = await asyncio.shield(self._opening[story_id])
        if room is not None:
            room.entering += 1
        return room

    async def _open(self, story_id: int) -> Room | None:
        try:
            place = (await self._ask(changes.places, [story_id])).get(story_id)
            if place is None:
                return None
            room = self.by_story[story_id] = self._by_tag[thread_tag(place.thread_id)] = Room(place)
            self.versions.watch(room.tag)
            self.versions.watch(EDITION)
            return room
        finally:
            del self._opening[story_id]

    async def sit(self, room: Room, listener: Listener, since: int | None) -> None:
        """Tell the reader what changed since the version of the page, and from now on what changes."""
        known = room.version if since is None else since
        try:
            while known != room.version:
                told = await self._missed(room, known)
                if told is None:
                    listener.end()
                    break
                if data := event(told):
                    listener.send(data)
                known = told.version
                if known >= room.version:
                    break
        except (DatabaseError, InterfaceError):
            # Told as soon as the database answers.
            room.is_behind = True
        finally:
            room.entering -= 1
        room.groups.setdefault(known, set()).add(listener)
        if self.by_story.get(room.place.story_id) is not room:
            # It has closed meanwhile.
            listener.end()

    def leave(self, room: Room, listener: Listener) -> None:
        listener.transport = None
        room.leave(listener)
        self.sweep(room)

    def sweep(self, room: Room) -> None:
        """Watch the discussion no longer if nobody listens."""
        if room.is_empty and self.by_story.get(room.place.story_id) is room:
            self._close(room)

    def _close(self, room: Room) -> None:
        del self.by_story[room.place.story_id], self._by_tag[room.tag]
        self.versions.forget(room.tag)
        self.versions.forget(EDITION)

    def _missed(self, room: Room, known: int) -> asyncio.Future[Changes | None]:
        """What changed since, asked once for all who come back with that version."""
        if known not in room.missed:
            if len(room.missed) >= MOST_MISSED:
                room.missed.clear()
            room.missed[known] = self._start(self._since(room, known))
        return asyncio.shield(room.missed[known])

    async def _since(self, room: Room, known: int) -> Changes | None:
        try:
            found = await self._ask(changes.changes, room.place, [known])
        except BaseException:
            room.missed.pop(known, None)
            raise
        return found[known] if found is not None else None

    def _moved(self, moved: Mapping[str, int]) -> None:
        for tag, version in moved.items():
            room = self._by_tag.get(tag)
            if room is not None and room.version != version:
                room.is_behind = True
        if EDITION in moved and self.by_story:
            self._start(self._look_again())
        else:
            self._tell_all()

    def _tell_all(self) -> None:
        for room in self.by_story.values():
            if room.is_behind:
                self._start(self._tell(room))

    def tick(self, now: datetime) -> None:
        """Once a second: what is left to tell since the database failed, and discussions whose time is over."""
        for room in self.by_story.values():
            closes_at = room.place.closes_at
            if closes_at is not None and closes_at <= now:
                self._start(self._empty(room))
        self._tell_all()

    async def _tell(self, room: Room) -> None:
        """Tell everybody in the room what has changed since they heard last: two queries, however many they are."""
        if room.is_moving:
            return
        room.is_moving = True
        try:
            while room.is_behind:
                room.is_behind = False
                known = {room.version, *(version for version, listeners in room.groups.items() if listeners)}
                found = await self._ask(changes.changes, room.place, known)
                if found is None:
                    await self._empty(room)
                    return
                await self._hand_out(room, found)
        except (DatabaseError, InterfaceError) as error:
            room.is_behind = True
            logger.warning("live: the database does not answer: %s", error)
        finally:
            room.is_moving = False

    async def _hand_out(self, room: Room, found: dict[int, Changes]) -> None:
        groups, room.groups = room.groups, {}
        room.version = next(iter(found.values())).version
        room.missed.clear()
        addressed: list[tuple[bytes, list[Listener]]] = []
        for known, listeners in groups.items():
            if known not in found:
                # They came while the database was asked, or nobody did.
                if listeners:
                    room.groups.setdefault(known, set()).update(listeners)
                    room.is_behind = room.is_behind or known != room.version
                continue
            room.groups.setdefault(room.version, set()).update(listeners)
            if known != room.version and (data := event(found[known])):
                addressed.append((data, list(listeners)))
        for data, told in addressed:
            await send(told, data)

    async def _look_again(self) -> None:
        """An editor has done something: a story may have been taken off, a section may show its votes otherwise."""
        rooms = list(self.by_story.values())
        try:
            found = await self._ask(changes.places, [room.place.story_id for room in rooms])
        except (DatabaseError, InterfaceError) as error:
            logger.warning("live: the database does not answer: %s", error)
            asyncio.get_running_loop().call_later(1, lambda: self._start(self._look_again()))
            return
        for room in rooms:
            place = found.get(room.place.story_id)
            if place is None or place.thread_id != room.place.thread_id:
                await self._empty(room)
            else:
                room.place = place
        self._tell_all()

    async def _empty(self, room: Room) -> None:
        """The discussion has closed: whoever comes again is told so."""
        if self.by_story.get(room.place.story_id) is not room:
            return
        self._close(room)
        for some in batches(list(itertools.chain.from_iterable(room.groups.values()))):
            for listener in some:
                listener.end()
            await asyncio.sleep(0)

    async def _ask(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _at_the_database, work, args)

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, (DatabaseError, InterfaceError)):
            logger.error("live: a discussion cannot be told of", exc_info=error)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _at_the_database(work: Callable[..., T], args: tuple[Any, ...]) -> T:
    """Runs in the thread. A connection that broke since the last question is replaced at once."""
    close_old_connections()
    had_connection = connection.connection is not None
    try:
        return work(*args, now=timezone.now())
    except (DatabaseError, InterfaceError):
        connection.close()
        if not had_connection:
            raise
    try:
        return work(*args, now=timezone.now())
    except (DatabaseError, InterfaceError):
        connection.close()
        raise


def event(told: Changes) -> bytes | None:
    """What the browser gets; None where there is nothing that a reader could see."""
    if told.is_empty:
        return None
    data = json.dumps(told.as_json(), ensure_ascii=False, separators=(",", ":"))
    return f"id: {told.version}\nevent: changed\ndata: {data}\n\n".encode()


def retry(milliseconds: int) -> bytes:
    return f"retry: {milliseconds}\n\n".encode()


async def send(listeners: Iterable[Listener], data: bytes) -> None:
    for some in batches(listeners):
        for listener in some:
            listener.send(data)
        await asyncio.sleep(0)


def batches(listeners: Iterable[Listener]) -> Iterable[list[Listener]]:
    pending = iter(listeners)
    while some := list(itertools.islice(pending, STRETCH)):
        yield some
