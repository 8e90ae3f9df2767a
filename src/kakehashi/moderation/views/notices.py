"""Legal notices before the staff: the list, and one that is answered, or whose sender is warned."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.models import Action, LegalNotice, NoticeBar, Origin
from kakehashi.moderation.report_forms import AnswerForm, SenderForm
from kakehashi.readers.models import Reader

MOST_WAITING = 100
SETTLED_SHOWN = 30


@require_safe
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    context = {
        "waiting": queries.waiting_notices()[:MOST_WAITING],
        "settled": queries.settled_notices()[:SETTLED_SHOWN],
        "bars": queries.bars_in_force(timezone.now()),
    }
    return render(request, "moderation/notices.html", context)


def _notice(pk: int) -> LegalNotice:
    found = queries.told_notices().filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such notice."))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """One notice: to the form that decides on the comment, or an answer that it is not followed."""
    found, error = _notice(pk), None
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_notice(actor=reader, notice=found, answer=form.cleaned_data["answer"])
        except DomainError as refusal:
            error, found = refusal, _notice(pk)
        else:
            messages.success(request, _("Answered. The sender gets it by mail, where an address was given."))
            return redirect("moderation-notices")
    return _page(request, reader, found, form, SenderForm(), error)


def _page(
    request: HttpRequest,
    reader: Reader,
    found: LegalNotice,
    form: AnswerForm,
    bar: SenderForm,
    error: DomainError | None,
) -> HttpResponse:
    known = queries.bars_of(found.email) if found.email else []
    context = {
        "notice": found,
        "form": form,
        "bar_form": bar,
        "error": error,
        "comment": found.comment,
        "bars": known,
        "is_barred": bool(found.email) and queries.bar_of(found.email, timezone.now()) is not None,
        "is_warned": any(one.until is None and one.lifted_at is None for one in known),
        "sender": queries.notices_under(found.email) if found.email else None,
        "can_answer": rules.can_answer(reader, found, other_moderators=queries.moderators_besides(reader)),
        "remove_address": _decide_address(found, Action.REMOVED),
    }
    status = error.status if error is not None else 422 if form.errors or bar.errors else 200
    return render(request, "moderation/notice.html", context, status=status)


def _decide_address(found: LegalNotice, action: str) -> str:
    """The form that decides on the comment, with what the notice says filled in."""
    if found.comment_id is None:
        return ""
    asked = {"action": action, "origin": Origin.NOTICE.value, "law": found.law}
    return f"{reverse('moderation-comment', args=[found.comment_id])}?{urlencode(asked)}"


@require_POST
def bar(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Warn the sender of a notice, or take none from there for some time."""
    found, form = _notice(pk), SenderForm(request.POST)
    if not form.is_valid():
        return _page(request, reader, found, AnswerForm(), form, None)
    days = form.cleaned_data["days"] if "bar" in request.POST else None
    try:
        actions.bar_sender(actor=reader, email=found.email, reason=form.cleaned_data["reason"], days=days)
    except DomainError as refusal:
        return _page(request, reader, found, AnswerForm(), form, refusal)
    messages.success(request, _("Recorded. The sender is told by mail."))
    return redirect("moderation-notice", pk)


@require_POST
def lift(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Take a warning or a bar back."""
    found = NoticeBar.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is nothing here."))
    actions.lift_bar(actor=reader, bar=found)
    messages.success(request, _("Taken back."))
    last = LegalNotice.objects.filter(email=found.email).order_by("-pk").first()
    return redirect("moderation-notice", last.pk) if last is not None else redirect("moderation-notices")
