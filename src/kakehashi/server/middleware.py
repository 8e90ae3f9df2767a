"""What stands around every request: bad bytes get a clear answer, and one place renders every DomainError."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from kakehashi.lib.errors import DomainError, TooMany

Handler = Callable[[HttpRequest], HttpResponse]


class BadInputMiddleware:
    """Requests that no part of the site could answer sensibly are refused here with a sentence, never a 500."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class DomainErrorMiddleware:
    """Render a DomainError that no view caught: as JSON, as an htmx fragment or as a page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        return error_response(request, exception)


def error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The error as this request can use it; a limit carries Retry-After (seconds)."""
    if request.headers.get("Accept", "").startswith("application/json"):
        response: HttpResponse = JsonResponse(
            {"error": {"code": error.code, "message": error.message}}, status=error.status
        )
    else:
        template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
        response = render(request, template, {"error": error}, status=error.status)
    if isinstance(error, TooMany):
        from django.utils import timezone

        wait = (error.retry_at - timezone.now()).total_seconds()
        response["Retry-After"] = str(max(1, round(wait)))
    return response
