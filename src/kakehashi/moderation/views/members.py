"""One member's record, and deciding on the member."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.forms import MemberForm
from kakehashi.moderation.guard import also_for_sections
from kakehashi.moderation.models import Action, Decision
from kakehashi.moderation.views.paging import leaf
from kakehashi.readers.models import Reader


@also_for_sections
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    found = Reader.objects.filter(pk=pk, erased_at=None).first()
    if found is None:
        raise NotFound(_("This member is not here."))
    now = timezone.now()
    # First: what is decided after it is not in the figures.
    last = queries.last_about(found)
    record, error = queries.record_of(found, now), None
    initial = {"hours": record.proposed_hours, "seen": last.pk if last else 0}
    form = MemberForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _decide(reader, found, form, record.proposed_hours)
        except DomainError as refusal:
            error = refusal
            last = queries.last_about(found)
            # What is shown now is what the next click is about.
            form.data = {**form.data.dict(), "seen": str(last.pk if last else 0)}  # type: ignore[attr-defined]
        else:
            messages.success(request, _("Decided and recorded."))
            return redirect("moderation-member", pk)
    decisions = queries.told().filter(queries.in_part_of(reader, *queries.OF_DECISION), reader=found)
    context = {
        "member": found,
        "is_suspended": found.is_suspended(now),
        "record": record,
        "form": form,
        "error": error,
        "can_restrict": rules.can_restrict(reader, found),
        "linked": queries.linked_to(found),
        "leaf": leaf(request, decisions.order_by("-pk")),
    }
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/member.html", context, status=status)


def _decide(actor: Reader, found: Reader, form: MemberForm, proposed: int) -> Decision:
    action = form.cleaned_data["action"]
    given: dict[str, Any] = {"ground": form.ground, "seen": form.cleaned_data["seen"]}
    if action == Action.SUSPENDED:
        return actions.suspend(actor=actor, reader=found, hours=form.hours_asked(proposed), **given)
    if action == Action.BANNED:
        return actions.ban(actor=actor, reader=found, sweeps=form.cleaned_data["sweeps"], **given)
    return actions.warn(actor=actor, reader=found, **given)
