"""What tells one browser from another: a token drawn by chance, signed, in a cookie. It holds nothing about anybody."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kakehashi.lib.choices import SURVEY_COOKIE

COOKIE = "kakehashi_browser"
SALT = "kakehashi.surveys.browser"
KEPT = 60 * 60 * 24 * 365


def token_of(request: HttpRequest) -> str:
    """The token of this browser; "" where it brings none that we made."""
    return request.get_signed_cookie(COOKIE, "", salt=SALT) or ""


def give_token(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser keep a token, unless it has one."""
    if not token_of(request):
        response.set_signed_cookie(COOKIE, secrets.token_urlsafe(16), salt=SALT, max_age=KEPT, **_safe())


def hide_banner(response: HttpResponse, survey_id: int) -> None:
    """No banner of this survey in this browser from now on: answered, or not now."""
    response.set_cookie(SURVEY_COOKIE, str(survey_id), max_age=KEPT, **_safe())


def _safe() -> dict[str, Any]:
    return {"secure": settings.SESSION_COOKIE_SECURE, "httponly": True, "samesite": "Lax"}
