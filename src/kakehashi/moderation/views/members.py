"""One member's record, and deciding on the member."""

from __future__ import annotations

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
    record, error = queries.record_of(found, now), None
    form = MemberForm(request.POST if request.method == "POST" else None, initial={"hours": record.proposed_hours})
    if request.method == "POST" and form.is_valid():
        try:
            _decide(reader, found, form, record.proposed_hours)
        except DomainError as refusal:
            error = refusal
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
    action, ground = form.cleaned_data["action"], form.ground
    if action == Action.SUSPENDED:
        return actions.suspend(actor=actor, reader=found, ground=ground, hours=form.hours_asked(proposed))
    if action == Action.BANNED:
        return actions.ban(actor=actor, reader=found, ground=ground, sweeps=form.cleaned_data["sweeps"])
    return actions.warn(actor=actor, reader=found, ground=ground)
