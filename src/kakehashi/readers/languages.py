"""In which language the site speaks to whom: a member's own, else what the browser has chosen, else the site's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override

from kakehashi.lib.choices import LANGUAGE_COOKIE, chosen_language
from kakehashi.lib.errors import Invalid
from kakehashi.readers.models import Reader

A_YEAR = 365 * 24 * 3600


def offered() -> dict[str, str]:
    """The languages of this site by code, each with its name in itself."""
    found: dict[str, str] = settings.KAKEHASHI_LANGUAGES
    return found


def not_offered() -> Invalid:
    return Invalid(_("Please pick one of the languages offered."), code="language")


def language_of(reader: Reader | None) -> str:
    """In which language to write to the reader: the site's where none that it offers was chosen."""
    code = reader.language if reader is not None else ""
    return code if code in offered() else settings.LANGUAGE_CODE


@contextmanager
def speaking(reader: Reader | None) -> Iterator[None]:
    """What is rendered or translated within is in the reader's language: mails, files, notices."""
    with override(language_of(reader)):
        yield


def language_for(request: HttpRequest) -> str:
    """In which language to answer. A member is looked up only where there is a session: no query for anybody else."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, Reader) and request.user.language:
        return language_of(request.user)
    return chosen_language(request.COOKIES) or settings.LANGUAGE_CODE


def remember(response: HttpResponse, language: str) -> None:
    """Let the browser keep the choice; the site's own language, or an empty one, is none."""
    if not language or language == settings.LANGUAGE_CODE:
        response.delete_cookie(LANGUAGE_COOKIE, samesite="Lax")
        return
    is_secure = bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(LANGUAGE_COOKIE, language, A_YEAR, secure=is_secure, httponly=True, samesite="Lax")


class LanguageMiddleware:
    """The language in force while a request is answered, and `Content-Language` on the answer.

    Instead of Django's own, which asks Accept-Language: an address would then have as many pages as there are browsers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_for(request)
        # Undone at the end: the thread goes on to make pages for others.
        with override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
