"""The page on which one chooses in which language to read the site, with an account or without."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kakehashi.lib.errors import DomainError
from kakehashi.readers import actions, languages
from kakehashi.readers.models import Reader


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def language(request: HttpRequest) -> HttpResponse:
    """`to` is the language that was asked for by a link, `next` where one came from."""
    back = way_back(request)
    if request.method == "POST":
        return _choose(request, request.POST.get("language", ""), back)
    wanted = request.GET.get("to", "")
    wanted = wanted if wanted in languages.offered() else ""
    with override(wanted or get_language()):
        response = _page(request, wanted, back)
    if wanted:
        response["Content-Language"] = wanted
    return response


def _choose(request: HttpRequest, chosen: str, back: str) -> HttpResponse:
    if chosen not in languages.offered():
        return _page(request, "", back, languages.not_offered(), status=400)
    if isinstance(request.user, Reader):
        actions.choose_language(reader=request.user, language=chosen)
    response = redirect(back)
    languages.remember(response, chosen)
    return response


def _page(
    request: HttpRequest, wanted: str, back: str, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    others = {code: name for code, name in languages.offered().items() if code != wanted}
    context = {"wanted": wanted, "name": languages.offered().get(wanted), "others": others, "next": back}
    return render(request, "readers/language.html", context | {"error": error}, status=status)


def way_back(request: HttpRequest) -> str:
    """Where the reader came from, if that is a page of this site; else the front page."""
    asked = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours else "/"
