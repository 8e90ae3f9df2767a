"""Proof by a code that somebody reads the mail of an address. What it is for is kept in the session, not the code."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from allauth.core.internal.cryptokit import normalize_user_code
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Invalid
from kakehashi.readers import throttle

KEY = "readers-proof"
GOOD_FOR = 60 * 60
TRIES = 5
MAILS = 4


def send(request: HttpRequest, *, purpose: str, email: str, is_real: bool = True, mail: str = "proof") -> None:
    """Mail a code to `email`. With `is_real` False the mail `mail` says something else and no code will ever fit, which
    looks the same from here. Raises Invalid where too many mails were asked for."""
    kept = _kept(request, purpose)
    mails = kept["mails"] if kept and kept["email"] == email else 0
    if mails >= MAILS:
        raise Invalid(_("We have sent several codes already. Please start again a little later."), code="proof-mails")
    if not ratelimit.consume(request, app="allauth.account", action="confirm_email", key=email.lower()):
        seconds = throttle.seconds_to_wait(request, "confirm_email", key=email.lower())
        raise Invalid(
            _("We sent you a mail a moment ago. Please ask for another %(wait)s.")
            % {"wait": throttle.wait_words(seconds)},
            code="proof-rest",
        )
    code = get_adapter().generate_email_verification_code() if is_real else get_random_string(32)
    request.session[KEY] = {
        "purpose": purpose,
        "email": email,
        "code": _digest(code),
        "at": time.time(),
        "tries": 0,
        "mails": mails + 1,
    }
    get_adapter().send_mail(f"account/email/{mail}", email, {"code": code} if is_real else {})


def email_asked(request: HttpRequest, purpose: str) -> str | None:
    """The address that a code for this purpose was mailed to; None where there is no such code any more."""
    kept = _kept(request, purpose)
    return str(kept["email"]) if kept else None


def check(request: HttpRequest, *, purpose: str, typed: str) -> str:
    """The address that the code proves; the code is used up. Raises Invalid with the code `proof-over` when it can no
    longer be entered, `proof-wrong` when it was another one."""
    kept = _kept(request, purpose)
    if kept is None or kept["tries"] >= TRIES:
        forget(request)
        raise Invalid(
            _("This code can no longer be entered: it is too old, or it was tried too often. Please start again."),
            code="proof-over",
        )
    if not constant_time_compare(kept["code"], _digest(typed)):
        request.session[KEY] = {**kept, "tries": kept["tries"] + 1}
        raise Invalid(get_adapter().error_messages["incorrect_code"], code="proof-wrong")
    forget(request)
    return str(kept["email"])


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def _kept(request: HttpRequest, purpose: str) -> dict[str, Any] | None:
    kept = request.session.get(KEY)
    if not kept or kept["purpose"] != purpose or time.time() - kept["at"] > GOOD_FOR:
        return None
    return dict(kept)


def _digest(code: str) -> str:
    return salted_hmac("kakehashi.readers.proof", normalize_user_code(code), algorithm="sha256").hexdigest()
