"""What a person reads when the way through a provider did not lead back in: what happened, and a way on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from kakehashi.lib.errors import DomainError
from kakehashi.readers import providers

logger = logging.getLogger(__name__)
# Where a reader was when they set out; the provider sends nothing of it back when things go wrong.
NEXT_KEY = "readers-way-next"

STATUS = {
    "cancelled": HTTPStatus.OK,
    "stale": HTTPStatus.BAD_REQUEST,
    "away": HTTPStatus.BAD_GATEWAY,
    "clock": HTTPStatus.BAD_GATEWAY,
    "unclear": HTTPStatus.BAD_GATEWAY,
}


def trouble(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    context = {
        "provider": providers.provider_called(key),
        "kind": kind,
        "next": request.session.get(NEXT_KEY, ""),
        "has_draft": bool(request.session.get("comment-drafts")),
    }
    return render(request, "account/trouble.html", context, status=STATUS[kind])


def kind_of(error: str | None, exception: BaseException | None) -> str:
    """Which of the pages tells it: what allauth says went wrong, and what it caught."""
    import jwt
    import requests

    if error == AuthError.CANCELLED:
        return "cancelled"
    if isinstance(exception, requests.exceptions.InvalidURL):
        return "unclear"
    if isinstance(exception, requests.RequestException):
        return "away"
    cause = exception.__cause__ if exception else None
    if isinstance(cause, (jwt.ImmatureSignatureError, jwt.ExpiredSignatureError)):
        return "clock"
    return "unclear"


def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Providers may answer anything: whatever allauth does not expect becomes a page here, and a line in the log."""

    @wraps(view)
    def around(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (Http404, DomainError, ReauthenticationRequired):
            raise
        except SocialApp.DoesNotExist as error:
            raise Http404 from error
        except Exception as error:
            name = request.resolver_match.url_name if request.resolver_match else ""
            key = kwargs.get("provider_id") or kwargs.get("key") or str(name).partition("_")[0]
            logger.warning("log-in through %s: %s", key, error, exc_info=True)
            return trouble(request, key, kind_of(None, error))

    return around
