"""The short road through Django, for the few addresses that scripts ask for again and again.

It passes the same middleware that guards these addresses on the long road, and leaves out what they have no use for:
resolving the address, whitenoise, messages, allauth, Wagtail's redirects. Only a request that is plainly in order goes
this way: of one of our hosts, by somebody who is logged in. Everything else, every refusal and every error is answered
by the long road as if there were no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

from kakehashi.comments.views.mine import mine
from kakehashi.readers.middleware import ReaderMiddleware
from kakehashi.readers.models import Reader
from kakehashi.server.compression import CompressionMiddleware
from kakehashi.server.middleware import HeadersMiddleware
from kakehashi.server.page_request import Hosts
from kakehashi.server.proxies import TrustedProxyMiddleware
from kakehashi.server.watching import RequestMiddleware

OWN_MARKS = re.compile(r"/story/([0-9]{1,18})/mine\.json")
# Of `settings.MIDDLEWARE`, in its order.
GUARDS: tuple[Callable[[Callable[[HttpRequest], HttpResponse]], Any], ...] = (
    RequestMiddleware,
    TrustedProxyMiddleware,
    HeadersMiddleware,
    CompressionMiddleware,
    SessionMiddleware,
    ReaderMiddleware,
)


class TakeTheLongRoad(Exception):
    """This request is not one for the short road after all; nothing has been answered or written."""


class ShortRoad:
    """Used by the threads of one process."""

    def __init__(self) -> None:
        self._hosts = Hosts()
        self._match: ResolverMatch | None = None
        self._go: Callable[[HttpRequest], HttpResponse] = self._own_marks
        for guard in reversed(GUARDS):
            self._go = guard(self._go)

    def answer(self, environ: dict[str, Any]) -> HttpResponse | None:
        """The complete answer, which the caller closes; None where the long road must be taken."""
        path = environ["PATH_INFO"]
        if not path.endswith("/mine.json") or not self._takes(environ, path):
            return None
        request = WSGIRequest(environ)
        # What the log and the figures call this address.
        self._match = self._match or resolve(path)
        request.resolver_match = self._match
        try:
            response = self._go(request)
        except Exception:
            # Whatever it is, the long road meets it too, and knows what to say.
            return None
        response.headers["Content-Length"] = str(len(response.content))
        return response

    def _takes(self, environ: dict[str, Any], path: str) -> bool:
        return (
            environ["REQUEST_METHOD"] == "GET"
            and OWN_MARKS.fullmatch(path) is not None
            and "CONTENT_LENGTH" not in environ
            and environ.get("HTTP_HOST", "") in self._hosts
            and settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", "")
            and "%00" not in environ["QUERY_STRING"]
            and "\\0" not in environ["HTTP_COOKIE"]
        )

    @staticmethod
    def _own_marks(request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, Reader):
            raise TakeTheLongRoad
        match = OWN_MARKS.fullmatch(request.path_info)
        assert match is not None
        return mine(request, int(match[1]))
