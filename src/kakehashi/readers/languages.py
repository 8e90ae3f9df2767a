"""In which language the site speaks to whom: a member's own, else what the browser has chosen, else the site's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override

from kakehashi.lib.choices import chosen_language
from kakehashi.readers.models import Reader


def offered() -> dict[str, str]:
    """The languages of this site by code, each with its name in itself."""
    found: dict[str, str] = settings.KAKEHASHI_LANGUAGES
    return found


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
