"""Pages that belong to no room: errors, and the files that editors put in."""

from __future__ import annotations

import logging
import sys
from posixpath import normpath

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views.static import serve

from kakehashi.lib.errors import NotAllowed, NotFound
from kakehashi.server.files import is_shown_in_place
from kakehashi.server.refusals import (
    absent_sentence,
    error_fragment_or_json,
    error_page,
    send_again,
    typed_text,
    unavailable,
)
from kakehashi.server.trouble import trouble_of

logger = logging.getLogger(__name__)

# Wagtail hands documents out itself, at /documents/, for some are for some readers only.
DOCUMENTS = "documents/"


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
    context = {"typed": typed_text(request), **send_again(request)}
    return error_page(request, "403_csrf.html", context, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Without the request in its context: what is bad about it may be its host name."""
    return HttpResponse(render_to_string("400.html"), status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    error = NotAllowed(str(exception)) if exception and str(exception) else NotAllowed(absent_sentence())
    in_place = error_fragment_or_json(request, error)
    return in_place or error_page(request, "403.html", {"error": error}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    error = NotFound(absent_sentence())
    in_place = error_fragment_or_json(request, error)
    return in_place or error_page(request, "404.html", {"error": error}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """What broke outside of every view: 503 where the database cannot do its part, else 500.

    Asks the database nothing; should even the template fail, a plain sentence is left.
    """
    error = sys.exc_info()[1]
    try:
        trouble = trouble_of(error)
        if error is not None and trouble is not None:
            return unavailable(request, trouble, error)
        return HttpResponse(render_to_string("500.html"), status=500)
    except Exception:
        logger.exception("the page for errors broke")
        return HttpResponse("Something broke on our side. Please try again in a few minutes.", status=500)
