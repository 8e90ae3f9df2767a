"""What stands around every request: bad bytes get a clear answer, and every refusal its page."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string

from kakehashi.lib.errors import DomainError
from kakehashi.server.refusals import error_response, unavailable
from kakehashi.server.trouble import trouble_of

logger = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Bytes of a form that is too large; one larger still is cut off.
MOST_HEARD = 64 * 1024 * 1024
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=(), browsing-topics=()"
)


class HeadersMiddleware:
    """Headers that every answer carries, as settings say; written down once, for they are the same on all of them.

    In place of Django's SecurityMiddleware and XFrameOptionsMiddleware and django-csp's, which make them anew each time.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.always = {
            "Permissions-Policy": PERMISSIONS_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        }
        self.transport_security = f"max-age={settings.SECURE_HSTS_SECONDS}" if settings.SECURE_HSTS_SECONDS else ""
        self.policy = build_policy()
        self.without_policy = tuple(settings.CONTENT_SECURITY_POLICY["EXCLUDE_URL_PREFIXES"])

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.always.items():
            response.headers.setdefault(name, value)
        # Django's own pages about a mistake, which only a developer sees, have styles in them.
        is_about_a_mistake = settings.DEBUG and response.status_code in (404, 500)
        if not request.path_info.startswith(self.without_policy) and not is_about_a_mistake:
            response.headers.setdefault("Content-Security-Policy", self.policy)
        if self.transport_security and request.is_secure():
            response.headers.setdefault("Strict-Transport-Security", self.transport_security)
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies:
            # One reader's page, which no proxy may hand to another.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class BadInputMiddleware:
    """Requests that no part of the site could answer sensibly are refused here with a sentence, never a 500."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponse(status=405, headers={"Allow": ", ".join(METHODS)})
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return unreadable()
        _drop_cookies_with_nul(request)
        try:
            _read_form(request)
        except RequestDataTooBig:
            _hear_out(request)
            return too_big()
        except (TooManyFieldsSent, TooManyFilesSent, MultiPartParserError, UnreadablePostError):
            return unreadable()
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Numbers and strings that the database cannot hold, found out too late to be told apart by a form."""
        if isinstance(exception, RequestDataTooBig):
            return too_big()
        if isinstance(exception, OverflowError | DataError | UnicodeEncodeError):
            logger.warning("bad input", exc_info=exception)
            return unreadable()
        return None


def _drop_cookies_with_nul(request: HttpRequest) -> None:
    """A quoted cookie may hold an escaped NUL, which PostgreSQL refuses; no cookie of ours ever does."""
    for name in [name for name, value in request.COOKIES.items() if "\x00" in value]:
        del request.COOKIES[name]


def _read_form(request: HttpRequest) -> None:
    """Read a posted form now, and take NULs out of it: no keyboard makes them and no database column holds them.

    Raises what Django raises for a form that cannot be read.
    """
    if request.method != "POST":
        return
    try:
        form: QueryDict = request.POST
    except (RequestDataTooBig, TooManyFieldsSent):
        # Pages that are rendered for this request must not stumble over it again.
        request._mark_post_parse_error()  # type: ignore[attr-defined]
        raise
    if not any("\x00" in value for name, values in form.lists() for value in (name, *values)):
        return
    cleaned = form.copy()
    cleaned.clear()
    for name, values in form.lists():
        cleaned.setlist(name.replace("\x00", ""), [value.replace("\x00", "") for value in values])
    cleaned._mutable = False
    request._post = cleaned  # type: ignore[attr-defined]


def _hear_out(request: HttpRequest) -> None:
    """Read on and forget: a browser that is still sending would see a broken connection instead of the answer."""
    left = MOST_HEARD
    with contextlib.suppress(OSError):
        while left > 0 and (chunk := request.read(min(left, 1 << 16))):
            left -= len(chunk)


def unreadable() -> HttpResponse:
    """400, from a template that asks nothing of the request: anything about it may be bad."""
    return HttpResponse(render_to_string("400.html"), status=400)


def too_big() -> HttpResponse:
    return HttpResponse(render_to_string("413.html"), status=413)


class DomainErrorMiddleware:
    """Render what no view caught: a DomainError, or a database that cannot do its part, as JSON, fragment or page.

    What goes wrong outside of views, in other middleware, comes to `views.server_error`, which does the same.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return error_response(request, exception)
        trouble = trouble_of(exception)
        return unavailable(request, trouble, exception) if trouble else None
