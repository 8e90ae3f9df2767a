"""Every answer that is not what was asked for, in the shape that the request can use: JSON, htmx fragment or page.

Pages are tried in full and come bare, without a query, when the database cannot do its part.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from kakehashi.lib.errors import DomainError, TooMany
from kakehashi.server import metrics
from kakehashi.server.trouble import Trouble, Unavailable, trouble_of

logger = logging.getLogger(__name__)

BARE = "errors/bare.html"
# What a form may carry that must not come back in a page.
NEVER_GIVEN_BACK = frozenset(
    {"csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword", "code", "credential"}
)


def error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The error as this request can use it; what passes by itself carries Retry-After (seconds).

    JSON is `{"error": {"code", "message"}}`, with `retry_at` (ISO 8601) where there is one.
    """
    if wants_json(request):
        body = {"code": error.code, "message": str(error.message)}
        if isinstance(error, TooMany):
            body["retry_at"] = error.retry_at.isoformat()
        response: HttpResponse = JsonResponse({"error": body}, status=error.status)
    elif isinstance(error, Unavailable):
        response = _unavailable_page(request, error)
    else:
        template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
        response = error_page(request, template, {"error": error, "typed": typed_text(request)}, status=error.status)
    if isinstance(error, TooMany):
        wait = (error.retry_at - timezone.now()).total_seconds()
        response["Retry-After"] = str(max(1, round(wait)))
    elif isinstance(error, Unavailable):
        response["Retry-After"] = str(error.trouble.retry_after)
        response["Cache-Control"] = "no-store"
    return response


def unavailable(request: HttpRequest, trouble: Trouble, cause: BaseException) -> HttpResponse:
    """503, said in the log in one line and counted: the fault is not in a line of ours, so no traceback."""
    metrics.database_failures.labels(trouble.reason).inc()
    logger.error("answered 503, the database is %s: %s", trouble.reason, type(cause.__cause__ or cause).__name__)
    response = error_response(request, Unavailable(trouble))
    # Django would say it once more, without the number of the request.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def error_page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    """The page with all that stands around it; without, when the database has no answer for that."""
    try:
        return render(request, template, context, status=status)
    except Exception as error:
        if trouble_of(error) is None:
            raise
    return HttpResponse(render_to_string(template, {**context, "layout": BARE}, request=request), status=status)


def _unavailable_page(request: HttpRequest, error: Unavailable) -> HttpResponse:
    context: dict[str, Any] = {"error": error, "typed": typed_text(request)}
    if request.headers.get("HX-Request"):
        return HttpResponse(render_to_string("errors/fragment.html", context), status=error.status)
    if request.method == "POST":
        context |= send_again(request)
    return HttpResponse(render_to_string("503.html", context, request=request), status=error.status)


def typed_text(request: HttpRequest) -> str:
    return request.POST.get("text", "") if request.method == "POST" else ""


def send_again(request: HttpRequest) -> dict[str, Any]:
    """What a form needs to be sent once more as it was: `action`, and `others`, its (name, value) pairs but the text.

    `action` is empty where that cannot be: the form came from another site, or was nothing but what no page may give back.
    """
    others = [(name, value) for name, values in request.POST.lists() for value in values if name != "text"]
    is_whole = not request.FILES and not any(name in NEVER_GIVEN_BACK - {"csrfmiddlewaretoken"} for name, _ in others)
    return {
        "others": [(name, value) for name, value in others if name not in NEVER_GIVEN_BACK],
        "action": request.get_full_path() if (is_whole or typed_text(request)) and is_ours(request) else "",
    }


def is_ours(request: HttpRequest) -> bool:
    """Whether the browser says that the form stood on a page of this site."""
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        hosts = {request.get_host(), urlsplit(settings.KAKEHASHI_BASE_URL).netloc}
    except DisallowedHost:
        return False
    return source.startswith(("http://", "https://")) and url_has_allowed_host_and_scheme(source, hosts)


def wants_json(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def error_fragment_or_json(request: HttpRequest, error: DomainError) -> HttpResponse | None:
    """For Django's own refusals: the same shapes as a DomainError's, or None where a whole page is wanted."""
    if wants_json(request) or request.headers.get("HX-Request"):
        return error_response(request, error)
    return None


def absent_sentence() -> str:
    return _("There is no page at this address.")
