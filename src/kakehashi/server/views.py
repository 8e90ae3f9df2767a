"""Pages that belong to no room: errors, and the files that editors put in."""

from __future__ import annotations

from posixpath import normpath
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.static import serve

from kakehashi.lib.errors import NotAllowed, NotFound
from kakehashi.server.files import is_shown_in_place
from kakehashi.server.middleware import absent_sentence, error_fragment_or_json

# Wagtail hands documents out itself, at /documents/, for some are for some readers only.
DOCUMENTS = "documents/"
# What a form may carry that must not come back in a page.
NEVER_GIVEN_BACK = ("csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword", "code", "credential")


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of the media directory. Pictures are shown; anything else is offered for saving and cannot run here."""
    if normpath(path).startswith(DOCUMENTS):
        raise Http404
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (OSError, ValueError, SuspiciousFileOperation) as error:
        raise Http404 from error
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "public, max-age=86400"
    response["Content-Disposition"] = "inline" if is_shown_in_place(path) else "attachment"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form was sent without its token or with an old one: say so, and give back what was typed.

    A form of our own may be sent again from here; one that another site sent is only shown.
    """
    typed = request.POST.get("text", "")
    others = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "text" and name not in NEVER_GIVEN_BACK
    ]
    context = {"typed": typed, "others": others, "action": request.get_full_path() if _is_ours(request) else ""}
    return render(request, "403_csrf.html", context, status=403)


def _is_ours(request: HttpRequest) -> bool:
    """Whether the browser says that the form stood on a page of this site."""
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    hosts = {request.get_host(), urlsplit(settings.KAKEHASHI_BASE_URL).netloc}
    return source.startswith(("http://", "https://")) and url_has_allowed_host_and_scheme(source, hosts)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Without the request in its context: what is bad about it may be its host name."""
    return HttpResponse(render_to_string("400.html"), status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    error = NotAllowed(str(exception)) if exception and str(exception) else NotAllowed(absent_sentence())
    return error_fragment_or_json(request, error) or render(request, "403.html", {"error": error}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    error = NotFound(absent_sentence())
    return error_fragment_or_json(request, error) or render(request, "404.html", {"error": error}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks neither the request nor the database; should even the template fail, a plain sentence is left."""
    try:
        page = render_to_string("500.html")
    except Exception:
        return HttpResponse("Something broke on our side. Please try again in a few minutes.", status=500)
    return HttpResponse(page, status=500)
