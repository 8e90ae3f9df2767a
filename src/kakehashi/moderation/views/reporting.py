"""Reporting a comment, on a page of its own or in its place on the story's page; and what became of one's reports."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from kakehashi.comments.models import Comment
from kakehashi.comments.viewing import comment_or_404, fragment, go, is_htmx, log_in_first, place, reader_of
from kakehashi.lib.errors import DomainError, TooMany
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.report_forms import FlagForm
from kakehashi.moderation.views.paging import leaf
from kakehashi.readers.models import Reader

_KEPT = "reports"
MOST_KEPT = 5


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, and where it is sent to. Of somebody not logged in, what was typed is kept through log-in."""
    reader = reader_of(request)
    comment = comment_or_404(pk, reader)
    if request.method != "POST":
        form = FlagForm(initial=_initial(request, reader, pk) if reader is not None else {}, auto_id=_names(pk))
        return _page(request, reader, comment, form)
    if reader is None:
        _keep(request, pk)
        return log_in_first(request, request.path)
    return _take_back(request, reader, comment) if "take_back" in request.POST else _sent(request, reader, comment)


def _sent(request: HttpRequest, reader: Reader, comment: Comment) -> HttpResponse:
    form = FlagForm(request.POST, auto_id=_names(comment.pk))
    if not form.is_valid():
        return _page(request, reader, comment, form)
    try:
        data = form.cleaned_data
        actions.flag_comment(reader=reader, comment=comment, rule=data.get("rule"), words=data["words"])
    except DomainError as refusal:
        return _page(request, reader, comment, form, refusal)
    return _done(
        request, reader, comment, _("Thank you. The moderators look at it, and you will hear what they decided.")
    )


def _names(pk: int) -> str:
    """Several may be open on one story's page."""
    return f"id_report_{pk}_%s"


def _keep(request: HttpRequest, pk: int) -> None:
    kept = {key: value for key, value in request.session.get(_KEPT, {}).items() if key != str(pk)}
    typed = {
        "rule": request.POST.get("rule", "")[:4],
        "words": request.POST.get("words", "")[: rules.LONGEST_FLAG_WORDS],
    }
    request.session[_KEPT] = dict([*list(kept.items())[-(MOST_KEPT - 1) :], (str(pk), typed)])


def _initial(request: HttpRequest, reader: Reader, pk: int) -> dict[str, Any]:
    """What was typed before log-in, else what the member's report says."""
    kept = request.session.get(_KEPT, {})
    if str(pk) in kept:
        typed: dict[str, Any] = kept.pop(str(pk))
        request.session[_KEPT] = kept
        return typed
    flag = queries.own_flag(reader, pk)
    return {"rule": flag.rule.number if flag.rule else None, "words": flag.words} if flag is not None else {}


def _take_back(request: HttpRequest, reader: Reader, comment: Comment) -> HttpResponse:
    try:
        actions.take_back_flag(reader=reader, comment=comment)
    except DomainError as refusal:
        return _page(request, reader, comment, FlagForm(auto_id=_names(comment.pk)), refusal)
    return _done(request, reader, comment, _("Your report is taken back."))


def _page(
    request: HttpRequest, reader: Reader | None, comment: Comment, form: FlagForm, error: DomainError | None = None
) -> HttpResponse:
    now = timezone.now()
    refusal = actions.why_not(reader=reader, comment=comment, now=now) if reader is not None else None
    context = {
        "comment": comment,
        "form": form,
        "error": error,
        "is_member": reader is not None,
        "refusal": refusal,
        "flag": queries.own_flag(reader, comment.pk) if reader is not None else None,
    }
    status = error.status if error is not None else 422 if form.errors else 200
    if is_htmx(request):
        html = render_to_string("moderation/report_form.html", context | {"is_in_place": True}, request=request)
        return fragment(html, target=f"#report-{comment.pk}", status=status) if status != 200 else HttpResponse(html)
    response = render(request, "moderation/report_page.html", context, status=status)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(max(1, round((error.retry_at - now).total_seconds())))
    return response


def _done(request: HttpRequest, reader: Reader, comment: Comment, say: str) -> HttpResponse:
    """In place a line that says so; else back to the comment."""
    if not is_htmx(request):
        messages.success(request, say)
        return go(request, place(request, comment, reader))
    context = {"comment": comment, "flag": queries.own_flag(reader, comment.pk)}
    html = render_to_string("moderation/reported.html", context, request=request)
    return fragment(html, target=f"#report-{comment.pk}", say=say)


@never_cache
@login_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """What a member has reported and sent as legal notices, with what became of it."""
    reader = reader_of(request)
    assert reader is not None
    context = {
        "leaf": leaf(request, queries.reports_of(reader)),
        "legal_notices": list(queries.told_notices().filter(reader=reader).order_by("-pk")[:100]),
    }
    return render(request, "moderation/own_reports.html", context)
