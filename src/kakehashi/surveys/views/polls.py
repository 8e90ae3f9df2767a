"""A poll inside a story: answered in place with htmx, on a page of its own without."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kakehashi.comments.viewing import is_htmx
from kakehashi.lib.errors import DomainError
from kakehashi.surveys import rules
from kakehashi.surveys.fields import Field
from kakehashi.surveys.forms import Filled, read
from kakehashi.surveys.views.asking import Asking, asking_or_404, back_of, for_everybody, own


@require_http_methods(["GET", "HEAD", "POST"])
def poll(request: HttpRequest, pk: int) -> HttpResponse:
    """The poll's form. With an answer in its address, as pages kept for everybody send it, the answer is filled in; htmx
    then sends it at once with this reader's token, without scripts the reader does."""
    asking = asking_or_404(request, pk, is_poll=True)
    if request.method == "POST":
        return _vote(request, asking)
    back = back_of(request, request.GET.get("back", ""))
    if asking.is_closed or rules.needs_login(asking.found.survey, asking.reader):
        return _form(request, asking, QueryDict(), back=back)
    if asking.has_answered:
        return _done(request, asking, back=back, is_first=False)
    filled = _read(asking, request.GET)
    is_filled_in = any(filled.given.values()) and not filled.errors
    error = _first(filled) if is_htmx(request) and "send" in request.GET and not is_filled_in else ""
    return _form(request, asking, request.GET, back=back, error=error, sends=is_filled_in and is_htmx(request))


def _vote(request: HttpRequest, asking: Asking) -> HttpResponse:
    back = back_of(request, request.POST.get("back", ""))
    filled = _read(asking, request.POST)
    if filled.errors or not any(filled.given.values()):
        return _form(request, asking, request.POST, back=back, error=_first(filled), status=422)
    try:
        is_first = asking.submit(request, filled.given, request.POST.get("digest", ""))
    except DomainError as error:
        return _form(request, asking, request.POST, back=back, error=error.message, status=error.status)
    if is_htmx(request):
        return _done(request, asking, back=back, is_first=is_first)
    address = reverse("poll-results", args=[asking.found.survey.pk])
    query = {"voted": "1" if is_first else "0"} | ({"back": back} if back else {})
    return HttpResponseRedirect(f"{address}?{urlencode(query)}")


def _read(asking: Asking, data: QueryDict) -> Filled:
    return read(asking.found.sheet, asking.found.sheet.items, data)


def _first(filled: Filled) -> str:
    return next(iter(filled.errors.values()), _("Please choose an answer."))


def _form(
    request: HttpRequest,
    asking: Asking,
    data: QueryDict,
    *,
    back: str,
    error: str = "",
    sends: bool = False,
    status: int = 200,
) -> HttpResponse:
    item = asking.found.sheet.items[0]
    context = {
        "field": Field(item, data, error, prefix=f"poll-{asking.found.survey.pk}-"),
        "digest": asking.found.sheet.digest,
        "has_token": True,
        "sends": sends,
        "needs_login": rules.needs_login(asking.found.survey, asking.reader),
        "may_see_results": asking.may_see_results(has_answered=False),
    }
    return own(request, asking, _render(request, asking, "surveys/poll.html", context, back=back, status=status))


def _done(request: HttpRequest, asking: Asking, *, back: str, is_first: bool) -> HttpResponse:
    may_see = asking.may_see_results(has_answered=True)
    context = {
        "says": _("Thank you for your answer.")
        if is_first
        else _("You have answered already; your first answer counts."),
        "results": asking.results() if may_see else None,
        "may_see": may_see,
    }
    return own(request, asking, _render(request, asking, "surveys/poll_results.html", context, back=back))


@require_safe
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """What readers answered, as far as it is shown; in place, or on a page of its own."""
    asking = asking_or_404(request, pk, is_poll=True)
    may_see = asking.may_see_results(has_answered=False)
    is_shared = may_see and not request.GET
    if not may_see:
        may_see = asking.may_see_results(has_answered=asking.has_answered)
    voted = request.GET.get("voted")
    context = {
        "says": {
            "1": _("Thank you for your answer."),
            "0": _("You have answered already; your first answer counts."),
        }.get(voted or "", ""),
        "results": asking.results() if may_see else None,
        "may_see": may_see,
    }
    back = back_of(request, request.GET.get("back", ""))
    response = _render(request, asking, "surveys/poll_results.html", context, back=back)
    return for_everybody(asking, response) if is_shared else own(request, asking, response)


def _render(
    request: HttpRequest, asking: Asking, template: str, context: dict[str, Any], *, back: str, status: int = 200
) -> HttpResponse:
    context |= {
        "poll": asking.found.survey,
        "item": asking.found.sheet.items[0],
        "is_closed": asking.is_closed,
        "back": back,
        "least": rules.LEAST,
        "inner": template,
    }
    if is_htmx(request):
        return render(request, template, context)
    return render(request, "surveys/poll_page.html", context, status=status)
