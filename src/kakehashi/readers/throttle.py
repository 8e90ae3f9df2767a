"""What a person reads who has tried too often: when to try again."""

from __future__ import annotations

import time
from http import HTTPStatus

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kakehashi.lib.ratelimit import wait_sentence

# Which of allauth's limits stands before which page.
LIMIT_OF_PAGE = {
    "account_login": "login",
    "account_signup": "signup",
    "account_reset_password": "reset_password",
    "account_reset_password_from_key": "reset_password_from_key",
    "account_email": "manage_email",
    "account_email_verification_sent": "confirm_email",
    "account_change_password": "change_password",
    "account_set_password": "change_password",
    "account_reauthenticate": "reauthenticate",
    "mfa_reauthenticate": "reauthenticate",
    "mfa_reauthenticate_webauthn": "reauthenticate",
    "mfa_login_webauthn": "webauthn_login",
}


def seconds_to_wait(request: HttpRequest, action: str, *, key: str | None = None) -> float | None:
    """Seconds until `action` passes again, read from the counters that refused it; None when they do not say."""
    app = "allauth.mfa" if action == "webauthn_login" else "allauth.account"
    waits = []
    for rate in ratelimit.get_rates(app=app, action=action):
        if (rate.per == "key" and key is None) or (rate.per == "user" and not request.user.is_authenticated):
            continue
        counter = ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key)
        times = cache.get(counter, [])
        if len(times) >= rate.amount:
            waits.append(times[rate.amount - 1] + rate.duration - time.time())
    return max(waits, default=None)


def wait_words(seconds: float | None) -> str:
    return _("in a few minutes") if seconds is None else wait_sentence(max(seconds, 1))


def log_in_sentence(seconds: float | None) -> str:
    return _(
        "Too many attempts to log in. Please try again %(wait)s. If you forgot the password, you can set a new one now."
    ) % {"wait": wait_words(seconds)}


def too_many(request: HttpRequest) -> HttpResponse:
    """The page of a limit that stands before a whole form; allauth calls it through `handler429`."""
    page = request.resolver_match.url_name if request.resolver_match else None
    action = LIMIT_OF_PAGE.get(page or "")
    key = request.POST.get("email", "").strip().lower() or None
    seconds = seconds_to_wait(request, action, key=key) if action else None
    sentence = _("You have done this many times in a short while. Please try again %(wait)s.") % {
        "wait": wait_words(seconds)
    }
    response = render(request, "account/too_many.html", {"sentence": sentence}, status=HTTPStatus.TOO_MANY_REQUESTS)
    if seconds is not None:
        response["Retry-After"] = str(max(1, round(seconds)))
    return response
