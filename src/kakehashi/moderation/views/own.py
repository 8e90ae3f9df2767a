"""What was decided about a reader, as the reader reads it: the statement of reasons, and the way to object."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from kakehashi.comments.viewing import reader_of
from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.forms import AppealForm
from kakehashi.moderation.models import Action, Decision
from kakehashi.moderation.views.paging import leaf
from kakehashi.readers.models import Reader


def _reader(request: HttpRequest) -> Reader:
    """Who is logged in; the view is behind `login_required`."""
    found = reader_of(request)
    assert found is not None
    return found


def _own(reader: Reader, pk: int) -> Decision:
    found = queries.decisions_of(reader).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such decision."))
    return found


@never_cache
@login_required
def listed(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    return render(request, "moderation/own_decisions.html", {"leaf": leaf(request, queries.decisions_of(reader))})


@never_cache
@login_required
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    reader = _reader(request)
    return _page(request, reader, _own(reader, pk), AppealForm())


def _page(
    request: HttpRequest, reader: Reader, found: Decision, form: AppealForm, error: DomainError | None = None
) -> HttpResponse:
    now = timezone.now()
    is_unread = found.action == Action.WARNED and not found.is_undone and not hasattr(found, "acknowledgement")
    context = {
        "decision": found,
        "form": form,
        "error": error,
        "can_appeal": rules.can_appeal(reader, found, now) and not found.is_undone and not hasattr(found, "appeal"),
        "appeal_until": rules.last_day_to_object(found.decided_at),
        "is_unread_warning": is_unread,
        "text": queries.text_judged(found),
        "votes": queries.discounted_votes([found]).get(found.pk, []),
    }
    return render(request, "moderation/statement.html", context, status=error.status if error is not None else 200)


@never_cache
@login_required
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """The reader confirms to have read a warning."""
    reader = _reader(request)
    found = _own(reader, pk)
    if request.method == "POST":
        actions.acknowledge(reader=reader, decision=found)
        messages.success(request, _("Thank you. You can write comments again."))
    return redirect(found)


@never_cache
@login_required
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Object to a decision; what was typed comes back with every refusal."""
    reader = _reader(request)
    found = _own(reader, pk)
    if request.method != "POST":
        return redirect(f"{found.get_absolute_url()}#appeal")
    form = AppealForm(request.POST)
    try:
        actions.file_appeal(reader=reader, decision=found, words=request.POST.get("words", ""))
    except DomainError as refusal:
        return _page(request, reader, _own(reader, pk), form, refusal)
    messages.success(request, _("Your objection is with us. Somebody else than last time will look at it."))
    return redirect(found)
