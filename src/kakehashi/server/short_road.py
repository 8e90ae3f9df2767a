"""The short road through Django, for the few addresses that are asked for again and again.

It passes the same middleware that guards these addresses on the long road, and leaves out what they have no use for:
resolving the address, whitenoise, messages, allauth, Wagtail's redirects. Only a request that is plainly in order goes
this way: for one of our hosts, by somebody who is logged in, a form with its token. Everything else, every refusal and
every error is answered by the long road as if there were no other: a view that raises has written nothing, and a vote or
a comment sent twice is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import ResolverMatch, resolve

from kakehashi.comments.views.mine import mine
from kakehashi.comments.views.voting import vote
from kakehashi.comments.views.writing import write
from kakehashi.readers.languages import LanguageMiddleware
from kakehashi.readers.middleware import ReaderMiddleware
from kakehashi.readers.models import Reader
from kakehashi.server.compression import CompressionMiddleware
from kakehashi.server.middleware import BadInputMiddleware, HeadersMiddleware
from kakehashi.server.page_request import Hosts
from kakehashi.server.proxies import TrustedProxyMiddleware
from kakehashi.server.watching import RequestMiddleware

View = Callable[..., HttpResponse]
Go = Callable[[HttpRequest], HttpResponse]
Guard = Callable[[Go], Any]

# Of `settings.MIDDLEWARE`, in its order.
GUARDS: tuple[Guard, ...] = (
    RequestMiddleware,
    TrustedProxyMiddleware,
    HeadersMiddleware,
    CompressionMiddleware,
    BadInputMiddleware,
    SessionMiddleware,
    CsrfViewMiddleware,
    ReaderMiddleware,
    LanguageMiddleware,
)
FORM = "application/x-www-form-urlencoded"


class TakeTheLongRoad(Exception):
    """This request is not one for the short road after all; nothing has been answered or written."""


class Lane:
    """One address of the short road."""

    def __init__(self, method: str, path: str, view: View) -> None:
        self.method = method
        self.path = re.compile(path)
        self._view = view
        self._match: ResolverMatch | None = None
        self._go: Go = self._arrive
        for guard in reversed(GUARDS):
            self._go = guard(self._go)
        self._csrf = CsrfViewMiddleware(self._arrive)

    def answer(self, environ: dict[str, Any], number: str) -> HttpResponse:
        request = WSGIRequest(environ)
        # What the log and the figures call this address.
        self._match = self._match or resolve(environ["PATH_INFO"])
        request.resolver_match = self._match
        request.kakehashi_number = int(number)  # type: ignore[attr-defined]
        return self._go(request)

    def _arrive(self, request: HttpRequest) -> HttpResponse:
        """What Django does between the last middleware and the view."""
        if not isinstance(request.user, Reader):
            raise TakeTheLongRoad
        if self._csrf.process_view(request, self._view, (), {}) is not None:
            raise TakeTheLongRoad
        return self._view(request, pk=request.kakehashi_number)  # type: ignore[attr-defined]


class ShortRoad:
    """Used by the threads of one process."""

    def __init__(self) -> None:
        self._hosts = Hosts()
        self._lanes: Sequence[Lane] = (
            Lane("GET", r"/story/([0-9]{1,18})/mine\.json", mine),
            Lane("POST", r"/comment/([0-9]{1,18})/vote/", vote),
            Lane("POST", r"/story/([0-9]{1,18})/comment/", write),
        )

    def answer(self, environ: dict[str, Any]) -> HttpResponse | None:
        """The complete answer, which the caller closes; None where the long road must be taken."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        for lane in self._lanes:
            found = lane.path.fullmatch(path) if method == lane.method else None
            if found is not None and self._is_in_order(environ):
                return self._answer(lane, environ, found[1])
        return None

    @staticmethod
    def _answer(lane: Lane, environ: dict[str, Any], number: str) -> HttpResponse | None:
        try:
            response = lane.answer(environ.copy(), number)
        except Exception:
            # Whatever it is, the long road meets it too, and knows what to say.
            environ["wsgi.input"].seek(0)
            return None
        if not response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(response.content))
        return response

    def _is_in_order(self, environ: dict[str, Any]) -> bool:
        cookie = environ.get("HTTP_COOKIE", "")
        has_form = environ.get("CONTENT_TYPE", "").partition(";")[0] == FORM and "CONTENT_LENGTH" in environ
        has_nothing = "CONTENT_LENGTH" not in environ
        return (
            environ.get("HTTP_HOST", "") in self._hosts
            and settings.SESSION_COOKIE_NAME in cookie
            and "\\0" not in cookie
            and "%00" not in environ["QUERY_STRING"]
            and (has_form if environ["REQUEST_METHOD"] == "POST" else has_nothing)
        )
