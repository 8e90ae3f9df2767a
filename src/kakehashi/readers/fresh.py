"""Fresh proof before something important: the password, a second factor, or where there is neither, a code by mail."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import (
    did_recently_reauthenticate,
    get_reauthentication_flows,
    suspend_request,
)
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kakehashi.readers.models import Reader


def lacks_other_proof(reader: Reader) -> bool:
    """Whether a code by mail is all that this reader can show; allauth would take that for proof enough."""
    return not get_reauthentication_flows(reader)


def is_fresh(request: HttpRequest) -> bool:
    reader = request.user
    if not isinstance(reader, Reader):
        return False
    if not lacks_other_proof(reader):
        return bool(did_recently_reauthenticate(request))
    shown = [record["at"] for record in get_authentication_records(request, reader) if record.get("reauthenticated")]
    return bool(shown) and time.time() - shown[-1] < app_settings.REAUTHENTICATION_TIMEOUT


def require(request: HttpRequest) -> None:
    """Raise what sends the reader to show it, and brings them back with the form they had sent."""
    if not is_fresh(request):
        raise ReauthenticationRequired()


class FreshProofMiddleware:
    """Before allauth's own views that change something important: allauth asks for no proof where there is neither
    password nor second factor, and so would let a browser left open set a password or another address."""

    NAMES = frozenset({"account_email", "account_set_password", "mfa_activate_totp", "mfa_add_webauthn"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.url_name not in self.NAMES or request.method != "POST":
            return None
        if isinstance(request.user, Reader) and lacks_other_proof(request.user) and not is_fresh(request):
            answer: HttpResponse = suspend_request(request, reverse("account_prove"))
            return answer
        return None
