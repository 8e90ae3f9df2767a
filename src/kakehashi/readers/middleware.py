"""The door to the newsroom: staff only, and with a second factor where the site requires one; and a broom."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from kakehashi.readers.models import Reader
from kakehashi.readers.sessions import note_use, reader_of
from kakehashi.readers.staff import ask_for_second_factor, lacks_second_factor

# Of a request that waits in the session: what address, form and language it was for.
NEEDED_TO_GO_ON = frozenset(
    {
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "HTTP_ACCEPT",
        "HTTP_ACCEPT_LANGUAGE",
        "HTTP_HOST",
        "HTTP_X_FORWARDED_PROTO",
        "PATH_INFO",
        "QUERY_STRING",
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "wsgi.url_scheme",
    }
)


def may_edit(reader: Reader) -> bool:
    return reader.is_staff and reader.has_perm("wagtailadmin.access_admin")


class ReaderMiddleware:
    """`request.user`, looked up when first asked for: a Reader, or Django's AnonymousUser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(partial(reader_of, request))  # type: ignore[assignment]
        response = self.get_response(request)
        note_use(request)
        return response


class StaffDoorMiddleware:
    """Guards all below /admin/ by its address, so that no view there can forget it.

    Who may not pass gets the same 404 as for a page that does not exist; people who are not logged in are sent to log
    in by the views themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/admin/") and isinstance(request.user, Reader):
            if not may_edit(request.user):
                raise Http404
            if lacks_second_factor(request.user):
                return ask_for_second_factor(request, request.user)
        return self.get_response(request)


class ForgetAddressMiddleware:
    """allauth keeps a POST in the session while it asks for the password again: without its network addresses and
    cookies, which nothing needs to go on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and request.session.accessed:
            kept = request.session.get(STATE_SESSION_KEY)
            if kept and "request" in kept:
                request.session[STATE_SESSION_KEY] = {**kept, "request": without_addresses(kept["request"])}
        return response


def without_addresses(serialized: str) -> str:
    data = json.loads(serialized)
    data["META"] = {key: value for key, value in data["META"].items() if key in NEEDED_TO_GO_ON}
    return json.dumps(data)
