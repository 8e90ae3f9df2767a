"""Objections: the list, and hearing one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.forms import SettleForm
from kakehashi.moderation.guard import also_for_editors, also_for_sections
from kakehashi.moderation.models import Appeal
from kakehashi.readers.models import Reader

MOST_WAITING = 100
SETTLED_SHOWN = 30


@also_for_editors
@also_for_sections
@require_safe
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    context = {
        "waiting": queries.waiting_appeals(reader)[:MOST_WAITING],
        "settled": queries.settled_appeals(reader)[:SETTLED_SHOWN],
        "reader": reader,
    }
    return render(request, "moderation/appeals.html", context)


@also_for_editors
@also_for_sections
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    found = Appeal.objects.select_related("reader", "judge").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such objection."))
    found.decision = queries.told().get(pk=found.decision_id)
    if reader.is_moderator and not rules.can_see_decision(reader, found.decision):
        raise NotFound(_("There is no such objection."))
    form, error = SettleForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            answer = form.cleaned_data["answer"]
            actions.settle_appeal(actor=reader, appeal=found, is_granted="grant" in request.POST, answer=answer)
        except DomainError as refusal:
            error = refusal
            found.refresh_from_db(fields=["state", "judge", "settled_at", "answer"])
        else:
            messages.success(request, _("Answered. The author reads it on their page of decisions."))
            return redirect("moderation-appeals")
    can_settle = rules.can_settle(reader, found, other_moderators=queries.other_moderators(found.decision))
    context = {
        "appeal": found,
        "decision": found.decision,
        "text": queries.text_since_changed(found.decision),
        "form": form,
        "error": error,
        "can_settle": can_settle,
        "falls_too": queries.falls_with(found.decision, reader) if can_settle else [],
        "has_hearer": can_settle or queries.has_hearer(found),
    }
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/appeal.html", context, status=status)
