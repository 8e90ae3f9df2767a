"""A survey for readers: page by page, thanks, results, and the banner that is put away."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from kakehashi.comments.viewing import go, is_htmx
from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.surveys import browsers, rules
from kakehashi.surveys.actions.answering import CHANGED
from kakehashi.surveys.models import ResultsFor
from kakehashi.surveys.steps import Step, changed, first_step, next_step
from kakehashi.surveys.views.asking import Asking, asking_or_404, back_of, for_everybody, own


@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, pk: int) -> HttpResponse:
    """The survey, or where it stands with this reader: closed, answered, to log in first."""
    asking = asking_or_404(request, pk, is_poll=False)
    if request.method == "POST":
        return _step(request, asking)
    if asking.is_closed or rules.needs_login(asking.found.survey, asking.reader):
        return _page(request, asking, None)
    if asking.has_answered:
        response = _page(request, asking, None, has_answered=True)
        browsers.hide_banner(response, pk)
        return response
    return _page(request, asking, first_step(asking.found.sheet))


def _step(request: HttpRequest, asking: Asking) -> HttpResponse:
    sheet = asking.found.sheet
    step = next_step(sheet, request.POST)
    if not step.is_done:
        return _page(request, asking, step, status=422 if step.problem or step.filled.errors else 200)
    try:
        asking.submit(request, step.filled.given, sheet.digest)
    except DomainError as error:
        if error.code == CHANGED:
            asking = asking_or_404(request, asking.found.survey.pk, is_poll=False)
            step = first_step(asking.found.sheet, request.POST, changed())
        else:
            step = Step(sheet, step.page, request.POST, step.filled, problem=error.message)
        return _page(request, asking, step, status=error.status)
    response = go(request, reverse("survey-thanks", args=[asking.found.survey.pk]))
    browsers.hide_banner(response, asking.found.survey.pk)
    return response


def _page(
    request: HttpRequest, asking: Asking, step: Step | None, *, has_answered: bool = False, status: int = 200
) -> HttpResponse:
    context = {
        "survey": asking.found.survey,
        "step": step,
        "is_closed": asking.is_closed,
        "has_answered": has_answered,
        "may_see_results": asking.may_see_results(has_answered=has_answered),
    }
    template = "surveys/form.html" if is_htmx(request) and step is not None else "surveys/survey.html"
    # htmx puts only a good answer in place, and a form with what is wrong in it is one.
    response = render(request, template, context, status=200 if is_htmx(request) else status)
    return own(request, asking, response)


@require_safe
def thanks(request: HttpRequest, pk: int) -> HttpResponse:
    """For whoever has answered; it says nothing of what."""
    asking = asking_or_404(request, pk, is_poll=False)
    context = {
        "survey": asking.found.survey,
        "may_see_results": asking.may_see_results(has_answered=True),
    }
    return own(request, asking, render(request, "surveys/thanks.html", context))


@require_safe
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """What readers answered, where the newsroom shows it."""
    asking = asking_or_404(request, pk, is_poll=False)
    found = asking.found.survey
    if found.results == ResultsFor.NEVER:
        raise NotFound(_("This survey has no results for readers."))
    may_see = asking.may_see_results(has_answered=False) or (
        found.results == ResultsFor.ANSWERED and asking.may_see_results(has_answered=asking.has_answered)
    )
    context = {
        "survey": found,
        "is_closed": asking.is_closed,
        "may_see": may_see,
        "results": asking.results() if may_see else None,
        "least": rules.LEAST,
    }
    return for_everybody(asking, render(request, "surveys/results.html", context))


@require_GET
def not_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the banner away and go back to the same page. By GET, for pages kept for everybody hold no token, and all that
    happens is that this browser keeps a cookie."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    is_here = came_from.netloc == request.get_host()
    referer = came_from._replace(scheme="", netloc="", fragment="").geturl() if is_here else ""
    back = back_of(request, referer) or back_of(request, request.GET.get("next", "")) or "/"
    response = HttpResponseRedirect(back)
    response["Cache-Control"] = "private, no-store"
    browsers.hide_banner(response, pk)
    return response
