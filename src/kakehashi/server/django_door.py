"""The third door: Django, synchronous, in threads, for a request that arrived over RSGI."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from kakehashi.lib.pages import story_shown
from kakehashi.server.middleware import MOST_HEARD, too_big
from kakehashi.server.short_road import ShortRoad

logger = logging.getLogger(__name__)

# Bytes of a body kept in memory; a longer one waits in a file until it is complete.
IN_MEMORY = 1 << 20
# Whoever sends nothing for so long has gone away; a whole body may take twenty times that.
SILENCE_SECONDS = 30.0
LONGEST_BODY_SECONDS = 20 * SILENCE_SECONDS
# Requests that wait for a thread: beyond, an honest "busy" beats an answer that nobody waits for any more.
MOST_WAITING = 512
BUSY = b"The site is very busy. Please try again in a few seconds.\n"

Headers = list[tuple[str, str]]


class Refused(Exception):
    """The body cannot be taken; the request is answered with `status` and no further look."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Handler(WSGIHandler):
    """Django's handler, answering with the response itself instead of WSGI's calls."""

    def __init__(self) -> None:
        super().__init__()
        self.short_road = ShortRoad()

    def respond(self, environ: dict[str, Any]) -> HttpResponseBase:
        """The complete answer; the caller closes it."""
        set_script_prefix("/")
        request_started.send(sender=self.__class__, environ=environ)
        return self.short_road.answer(environ) or self.get_response(self.request_class(environ))


class DjangoDoor:
    """Answers any request; at most `threads` of them at once in this process."""

    def __init__(
        self, handler: Handler, threads: int, saw: Callable[[int, Any], None] = lambda _story, _scope: None
    ) -> None:
        """`saw(story, scope)` is called, in a thread, for each request that shows a story."""
        self.handler = handler
        self._saw = saw
        self.threads = threads
        self.waiting = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="django")

    async def answer(self, scope: Any, proto: Any) -> None:
        """Read the body, let a thread make the answer and send it."""
        if self.waiting >= MOST_WAITING + self.threads:
            proto.response_bytes(503, [("content-type", "text/plain"), ("retry-after", "5")], BUSY)
            return
        self.waiting += 1
        try:
            body = await read_body(scope, proto)
            await self._in_thread(self._serve, scope, proto, body, asyncio.get_running_loop())
        except Refused as refused:
            if refused.status == 413:
                await self._in_thread(send, too_big(), proto, asyncio.get_running_loop(), scope.method)
            else:
                proto.response_empty(refused.status, [("connection", "close")])
        finally:
            self.waiting -= 1

    def _in_thread(self, work: Any, *args: Any) -> asyncio.Future[None]:
        return asyncio.get_running_loop().run_in_executor(self._pool, work, *args)

    def _serve(self, scope: Any, proto: Any, body: IO[bytes], loop: asyncio.AbstractEventLoop) -> None:
        with body:
            response = self.handler.respond(environ_of(scope, body))
            story = story_shown(response)
            send(response, proto, loop, scope.method)
        if story is not None and scope.method == "GET":
            self._saw(story, scope)

    def close(self) -> None:
        self._pool.shutdown(wait=True)


async def read_body(scope: Any, proto: Any) -> IO[bytes]:
    """The whole body, at its beginning. Raises Refused: of unknown length (411), longer than MOST_HEARD (413), broken
    off (400), or its sender fell silent (408): half a comment must not be taken for a whole one."""
    length = _declared_length(scope)
    if not length:
        return BytesIO()
    body: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    heard = 0
    chunks = proto.__aiter__()
    try:
        async with asyncio.timeout(LONGEST_BODY_SECONDS):
            while heard < min(length, MOST_HEARD + 1):
                async with asyncio.timeout(SILENCE_SECONDS):
                    # Not `anext(chunks, None)`: what granian returns here cannot be wrapped by it.
                    chunk = await chunks.__anext__()
                heard += len(chunk)
                if length <= MOST_HEARD:
                    body.write(chunk)
    except (StopAsyncIteration, OSError) as error:
        raise Refused(400) from error
    except TimeoutError as error:
        raise Refused(408) from error
    if length > MOST_HEARD:
        raise Refused(413)
    body.seek(0)
    return body


def _declared_length(scope: Any) -> int:
    """Bytes that the request says will follow. Raises Refused."""
    declared = scope.headers.get("content-length")
    if declared is None:
        if scope.headers.get("transfer-encoding") is not None:
            raise Refused(411)
        return 0
    if not (declared.isascii() and declared.isdecimal()):
        raise Refused(400)
    return int(declared)


def environ_of(scope: Any, body: IO[bytes]) -> dict[str, Any]:
    """The request as WSGI describes it. A header sent twice is joined as HTTP says: cookies with `;`, others with `,`."""
    host, _, port = scope.server.rpartition(":")
    length = body.seek(0, 2)
    body.seek(0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, sent in scope.headers.items():
        key = name.upper().replace("-", "_")
        # With an underscore, one header could pass for another; nothing that we read has one.
        if "_" in name or key == "CONTENT_LENGTH":
            continue
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        before = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}" if key in environ else ""
        environ[key] = before + sent
    if length:
        environ["CONTENT_LENGTH"] = str(length)
    if scope.authority and "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority
    return environ


def headers_of(response: HttpResponseBase) -> Headers:
    cookies = [("set-cookie", cookie.output(header="").strip()) for cookie in response.cookies.values()]
    return [*((name.lower(), value) for name, value in response.items()), *cookies]


def send(response: HttpResponseBase, proto: Any, loop: asyncio.AbstractEventLoop, method: str) -> None:
    """Hand the answer to granian, from a thread; closes it."""
    headers = headers_of(response)
    try:
        if method == "HEAD":
            proto.response_empty(response.status_code, headers)
        elif isinstance(response, HttpResponse):
            proto.response_bytes(response.status_code, headers, response.content)
        elif isinstance(response, StreamingHttpResponse):
            _stream(response, headers, proto, loop)
    finally:
        response.close()


def _stream(response: StreamingHttpResponse, headers: Headers, proto: Any, loop: asyncio.AbstractEventLoop) -> None:
    """A file by its path, without passing through Python; anything else piece by piece, at the reader's pace."""
    path = getattr(getattr(response, "file_to_stream", None), "name", None)
    # A file of a bucket has a name too, but not on this disk.
    is_here = isinstance(path, str) and os.path.isabs(path)
    if isinstance(response, FileResponse) and is_here and response.status_code == 200:
        proto.response_file(200, headers, path)
        return
    transport = proto.response_stream(response.status_code, headers)
    try:
        for chunk in response:
            asyncio.run_coroutine_threadsafe(transport.send_bytes(chunk), loop).result()
    except Exception as error:
        # The reader went away in the middle; there is nobody left to tell.
        logger.info("an answer was cut off: %s", error)
