"""All decisions, as the staff see them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.forms import UndoForm
from kakehashi.moderation.guard import also_for_sections
from kakehashi.moderation.models import Decision
from kakehashi.moderation.views.paging import leaf
from kakehashi.readers.models import Reader


@also_for_sections
@require_safe
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    rows = queries.in_lines(queries.told().filter(queries.in_part_of(reader, *queries.OF_DECISION)))
    if request.GET.get("by") == "me":
        rows = rows.filter(actor=reader)
    context = {"leaf": leaf(request, rows), "is_mine": request.GET.get("by") == "me"}
    return render(request, "moderation/decisions.html", context)


@also_for_sections
@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """One decision with everything in it; undoing it, alone or with all that the same click decided."""
    found = queries.told().filter(pk=pk).first()
    if found is None or not rules.can_see_decision(reader, found):
        raise NotFound(_("There is no such decision."))
    form, error = UndoForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            count = _undo(request, reader, found, form.cleaned_data["explanation"])
        except DomainError as refusal:
            error = refusal
        else:
            say = ngettext("%(n)s decision undone.", "%(n)s decisions undone.", count) % {"n": count}
            messages.success(request, say)
            left = queries.left_to_take_back(found)
            if left:
                say = ngettext("%(n)s more follows in a moment.", "%(n)s more follow in a moment.", left)
                messages.info(request, say % {"n": f"{left:,}"})
            return redirect("moderation-decision", pk)
    context = {
        "decision": found,
        "text": queries.text_since_changed(found),
        "form": form,
        "error": error,
        "can_undo": rules.can_undo(reader, found),
        "together": Decision.objects.filter(batch=found.batch, undoes=None).count() if found.batch else 1,
    }
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/decision.html", context, status=status)


def _undo(request: HttpRequest, reader: Reader, found: Decision, explanation: str) -> int:
    if "all" in request.POST and found.batch is not None:
        return len(actions.undo_batch(actor=reader, batch=found.batch, explanation=explanation))
    actions.undo(actor=reader, decision=found, explanation=explanation)
    return 1
